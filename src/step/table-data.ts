/** Rows as objects, or columns as arrays or typed arrays. */
export type TableData = readonly object[] | Readonly<Record<string, ArrayLike<unknown>>>;
