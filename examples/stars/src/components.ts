/** How many pieces a mask [H,W] has; pixels that touch at a side or a corner belong together. */
export function countComponents(mask: ArrayLike<number | boolean>, height: number, width: number): number {
  const seen = new Uint8Array(height * width);
  let pieces = 0;
  for (let start = 0; start < seen.length; start++) {
    if (!mask[start] || seen[start]) continue;
    pieces++;
    const open = [start];
    seen[start] = 1;
    for (let pixel = open.pop(); pixel !== undefined; pixel = open.pop()) {
      const [row, column] = [Math.floor(pixel / width), pixel % width];
      for (let y = Math.max(0, row - 1); y <= Math.min(height - 1, row + 1); y++) {
        for (let x = Math.max(0, column - 1); x <= Math.min(width - 1, column + 1); x++) {
          const neighbour = y * width + x;
          if (!mask[neighbour] || seen[neighbour]) continue;
          seen[neighbour] = 1;
          open.push(neighbour);
        }
      }
    }
  }
  return pieces;
}
