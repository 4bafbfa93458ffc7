/** NUL and unpaired surrogates, which PostgreSQL text does not hold, and the mark of texts that are encoded because of them. */
// oxlint-disable-next-line no-control-regex -- these two control characters are what it looks for
export const unsafeText = /[\0\u0001]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
