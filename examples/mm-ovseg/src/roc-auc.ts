/**
 * Area under the ROC curve (Hanley and McNeil 1982): how often a score of a positive is above that of a negative, ties counting half. NaN without
 * positives or without negatives.
 *
 * @param scores one a case
 * @param positive 1 or 0, likewise
 */
export function rocAuc(scores: Float32Array, positive: Uint8Array): number {
  const positives = positive.reduce((sum, one) => sum + one, 0);
  const negatives = scores.length - positives;
  if (positives === 0 || negatives === 0) return NaN;
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[a] - scores[b]);
  let rankSum = 0; // of the positives, ranks from 1, ties at their mean
  for (let start = 0; start < order.length;) {
    let end = start;
    let among = 0;
    while (end < order.length && scores[order[end]] === scores[order[start]]) among += positive[order[end++]];
    rankSum += among * ((start + 1 + end) / 2);
    start = end;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}
