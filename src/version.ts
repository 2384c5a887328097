declare const STEPBOOK_VERSION: string | undefined;

/** Set by the build, since no package.json may lie beside what it makes; the sources by themselves have none. */
export const version = typeof STEPBOOK_VERSION === "undefined" ? "from source" : STEPBOOK_VERSION;
