/** Iterates over a paged list. It fetches a page when the previous one is used up. */
export async function* pages(params, fetchPage, rowsOf) {
    for (let offset = params.offset ?? 0;;) {
        const page = await fetchPage({ ...params, offset });
        const rows = rowsOf(page);
        yield* rows;
        offset += rows.length;
        const { total = Number.POSITIVE_INFINITY } = page; // if the list has a total
        if (rows.length === 0 || offset >= total)
            return;
    }
}
