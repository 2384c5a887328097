/** Where the mirror keeps what it has sent; nothing of the pipeline's data. */
export const ledger = "stepbook";
