/** Walks through a paged list, fetching a page when the one before is used up. */
export async function* pages<Params extends { offset?: number }, Page, Row>(
  params: Params,
  fetchPage: (params: Params) => Promise<Page>,
  rowsOf: (page: Page) => readonly Row[],
): AsyncGenerator<Row, void, undefined> {
  for (let offset = params.offset ?? 0; ; ) {
    const page = await fetchPage({ ...params, offset });
    const rows = rowsOf(page);
    yield* rows;
    offset += rows.length;
    const { total = Number.POSITIVE_INFINITY } = page as { total?: number }; // where the list is counted
    if (rows.length === 0 || offset >= total) return;
  }
}
