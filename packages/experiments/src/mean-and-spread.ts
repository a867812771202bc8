/** Mean and sample standard deviation; of fewer than two values no spread. */
export function meanAndSpread(values: readonly number[]): { readonly mean: number; readonly spread?: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return { mean };
  return { mean, spread: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)) };
}
