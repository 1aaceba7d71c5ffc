/** Walks through a paged list, fetching a page when the one before is used up. */
export async function* pages(params, fetchPage, rowsOf) {
    for (let offset = params.offset ?? 0;;) {
        const page = await fetchPage({ ...params, offset });
        const rows = rowsOf(page);
        yield* rows;
        offset += rows.length;
        const { total = Number.POSITIVE_INFINITY } = page; // where the list is counted
        if (rows.length === 0 || offset >= total)
            return;
    }
}
