export interface Feature {
  id: string;
  area: string;
  title: string;
  file?: string;
  test?: string;
  reason?: string;
}
export function readFeatures(): Feature[];
export function featuresPage(features: readonly object[]): string;
