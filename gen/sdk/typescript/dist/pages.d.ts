/** Iterates over a paged list. It fetches a page when the previous one is used up. */
export declare function pages<Params extends {
    offset?: number;
}, Page, Row>(params: Params, fetchPage: (params: Params) => Promise<Page>, rowsOf: (page: Page) => readonly Row[]): AsyncGenerator<Row, void, undefined>;
