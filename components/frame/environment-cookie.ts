/** Names the environment in which a browser was last. */
export const environmentCookie = "environment";

export function rememberEnvironment(slug: string): void {
  document.cookie = `${environmentCookie}=${slug}; path=/; max-age=31536000; samesite=lax`;
}
