import { z } from "zod";
import { ApiPromise } from "./api-promise";
import type { ApiRequestOptions, HttpClient } from "./http";

/** One page of a list that is walked by cursor. */
export class CursorPage<Item> implements AsyncIterable<Item> {
  readonly data: Item[];
  readonly pagination: { next?: string | undefined; previous?: string | undefined };
  readonly #fetch: (at: { after?: string; before?: string }) => Promise<CursorPage<Item>>;
  constructor(
    data: Item[],
    pagination: CursorPage<Item>["pagination"],
    fetch: (at: { after?: string; before?: string }) => Promise<CursorPage<Item>>,
  ) {
    this.data = data;
    this.pagination = pagination;
    this.#fetch = fetch;
  }
  getPaginatedItems(): Item[] {
    return this.data;
  }
  hasNextPage(): boolean {
    return this.pagination.next !== undefined;
  }
  hasPreviousPage(): boolean {
    return this.pagination.previous !== undefined;
  }
  getNextPage(): Promise<CursorPage<Item>> {
    if (this.pagination.next === undefined) throw new Error("There is no next page: ask hasNextPage() first");
    return this.#fetch({ after: this.pagination.next });
  }
  getPreviousPage(): Promise<CursorPage<Item>> {
    if (this.pagination.previous === undefined) throw new Error("There is no previous page: ask hasPreviousPage() first");
    return this.#fetch({ before: this.pagination.previous });
  }
  async *iterPages(): AsyncGenerator<CursorPage<Item>, void> {
    yield this;
    for (let page = await this.#after(this); page !== null; page = await this.#after(page)) yield page;
  }
  async #after(page: CursorPage<Item>): Promise<CursorPage<Item> | null> {
    return page.hasNextPage() ? page.getNextPage() : null;
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void> {
    for await (const page of this.iterPages()) yield* page.data;
  }
}

/** Awaits the first page, or iterates over all items of all pages. */
export class CursorPagePromise<Item> extends ApiPromise<CursorPage<Item>> implements AsyncIterable<Item> {
  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void> {
    yield* await this;
  }
}

export interface CursorPageParams {
  limit?: number | undefined;
  after?: string | undefined;
  before?: string | undefined;
}

const cursorBody = <Item>(item: z.ZodType<Item>) =>
  z.object({ data: z.array(item), pagination: z.object({ next: z.string().optional(), previous: z.string().optional() }) });

export function requestPages<Item>(
  client: HttpClient,
  list: { path: string; item: z.ZodType<Item>; query: URLSearchParams; params: CursorPageParams; options?: ApiRequestOptions | undefined },
): CursorPagePromise<Item> {
  const query = new URLSearchParams(list.query);
  const { limit, after, before } = list.params;
  if (limit !== undefined) query.set("page[size]", String(limit));
  if (after !== undefined) query.set("page[after]", after);
  if (before !== undefined) query.set("page[before]", before);
  const first = client.request(cursorBody(list.item), list.path, { query, options: list.options });
  return new CursorPagePromise(
    first.withResponse().then(({ data, response }) => ({
      data: new CursorPage(data.data, data.pagination, (at) => requestPages(client, { ...list, params: { limit, ...at } })),
      response,
    })),
  );
}

/** One page of a list that is walked by number. */
export class OffsetLimitPage<Item> implements AsyncIterable<Item> {
  readonly data: Item[];
  readonly pagination: { currentPage: number; totalPages: number; count: number };
  readonly #fetch: (page: number) => Promise<OffsetLimitPage<Item>>;
  constructor(data: Item[], pagination: OffsetLimitPage<Item>["pagination"], fetch: (page: number) => Promise<OffsetLimitPage<Item>>) {
    this.data = data;
    this.pagination = pagination;
    this.#fetch = fetch;
  }
  getPaginatedItems(): Item[] {
    return this.data;
  }
  hasNextPage(): boolean {
    return this.pagination.currentPage < this.pagination.totalPages;
  }
  hasPreviousPage(): boolean {
    return this.pagination.currentPage > 1;
  }
  getNextPage(): Promise<OffsetLimitPage<Item>> {
    if (!this.hasNextPage()) throw new Error("There is no next page: ask hasNextPage() first");
    return this.#fetch(this.pagination.currentPage + 1);
  }
  getPreviousPage(): Promise<OffsetLimitPage<Item>> {
    if (!this.hasPreviousPage()) throw new Error("There is no previous page: ask hasPreviousPage() first");
    return this.#fetch(this.pagination.currentPage - 1);
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void> {
    yield* this.data;
    if (this.hasNextPage()) yield* await this.getNextPage();
  }
}

export class OffsetLimitPagePromise<Item> extends ApiPromise<OffsetLimitPage<Item>> implements AsyncIterable<Item> {
  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void> {
    yield* await this;
  }
}

const offsetBody = <Item>(item: z.ZodType<Item>) =>
  z.object({
    data: z.array(item),
    pagination: z.object({ currentPage: z.coerce.number(), totalPages: z.coerce.number(), count: z.coerce.number() }),
  });

export function requestOffsetPages<Item>(
  client: HttpClient,
  list: {
    path: string;
    item: z.ZodType<Item>;
    page?: number | undefined;
    perPage?: number | undefined;
    options?: ApiRequestOptions | undefined;
  },
): OffsetLimitPagePromise<Item> {
  const query = new URLSearchParams();
  if (list.page !== undefined) query.set("page", String(list.page));
  if (list.perPage !== undefined) query.set("perPage", String(list.perPage));
  const first = client.request(offsetBody(list.item), list.path, { query, options: list.options });
  return new OffsetLimitPagePromise(
    first.withResponse().then(({ data, response }) => ({
      data: new OffsetLimitPage(data.data, data.pagination, (page) => requestOffsetPages(client, { ...list, page })),
      response,
    })),
  );
}
