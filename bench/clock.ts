/** A clock that all processes of a machine share, in ms with fractions. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;
