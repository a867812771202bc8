import type { OpNode } from '../../model-graph.js';
import type { Rules, Translation } from '../translation.js';

/** Height and width of the input and of the output. */
function sizesOf(node: OpNode, to: Translation): { readonly from: number[]; readonly size: number[] } {
  return { from: to.fixedShape(node, node.inputs[0], [1, 2]), size: to.integers(node, 1) };
}

function resize(node: OpNode, to: Translation, attributes: Readonly<Record<string, string>>): void {
  const { size } = sizesOf(node, to);
  const [batch, , , channels] = node.outputs[0].shape;
  const inputs = [to.channelsFirst(node.inputs[0]), '', '', to.int64([batch, channels, ...size])];
  to.setChannelsFirst(node, to.add('Resize', inputs, attributes));
}

/** Which input an output of TensorFlow's nearest neighbour is, in its float32. */
function nearest(node: OpNode, outputs: number, inputs: number): number[] {
  const { align_corners: corners, half_pixel_centers: halfPixels } = node.attributes;
  const scale = Math.fround(corners === true && outputs > 1 ? (inputs - 1) / (outputs - 1) : inputs / outputs);
  return Array.from({ length: outputs }, (_, i) => {
    const position = Math.fround((halfPixels === true ? i + 0.5 : i) * scale);
    return Math.min(corners === true ? Math.round(position) : Math.floor(position), inputs - 1);
  });
}

export const resizes: Rules = {
  ResizeBilinear: (node, to) => {
    const { align_corners: corners, half_pixel_centers: halfPixels } = node.attributes;
    const centres = halfPixels === true ? 'half_pixel' : 'asymmetric';
    resize(node, to, { mode: 'linear', coordinate_transformation_mode: corners === true ? 'align_corners' : centres });
  },

  /** A whole factor is a Resize; otherwise rows and columns are picked, as runtimes round differently. */
  ResizeNearestNeighbor: (node, to) => {
    const { from, size } = sizesOf(node, to);
    if (size.every((outputs, i) => outputs % from[i] === 0) && node.attributes.align_corners !== true) {
      resize(node, to, { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' });
      return;
    }
    const picked = [2, 3].reduce((image, axis, i) => {
      const indices = nearest(node, size[i], from[i]);
      return to.add('Gather', [image, to.graph.int64(indices)], { axis });
    }, to.channelsFirst(node.inputs[0]));
    to.setChannelsFirst(node, picked);
  },
};
