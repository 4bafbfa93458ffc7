export interface ApiResult<T> {
  data: T;
  response: Response;
}

/** Promise of a parsed answer that can also give the raw one. */
export class ApiPromise<T> extends Promise<T> {
  // `then` and friends make plain promises: this constructor takes a result, not an executor.
  static override get [Symbol.species]() {
    return Promise;
  }
  readonly #result: Promise<ApiResult<T>>;
  constructor(result: Promise<ApiResult<T>>) {
    super((resolve, reject) => void result.then(({ data }) => resolve(data), reject));
    this.#result = result;
  }
  asResponse(): Promise<Response> {
    return this.withResponse().then(({ response }) => response);
  }
  withResponse(): Promise<ApiResult<T>> {
    // Whoever asks for this form hears of a failure here; the promise itself may go unheard.
    this.catch(() => {});
    return this.#result;
  }
  /** The same request with its data changed. */
  map<U>(change: (data: T, response: Response) => U | Promise<U>): ApiPromise<U> {
    return new ApiPromise(this.withResponse().then(async ({ data, response }) => ({ data: await change(data, response), response })));
  }
}
