/** Walks through a paged list, fetching a page when the one before is used up. */
export declare function pages<Params extends {
    offset?: number;
}, Page, Row>(params: Params, fetchPage: (params: Params) => Promise<Page>, rowsOf: (page: Page) => readonly Row[]): AsyncGenerator<Row, void, undefined>;
