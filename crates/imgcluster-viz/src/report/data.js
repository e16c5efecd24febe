// The run, its clusters and images, as written by the program. Images are in row order.
const { images, clusters } = data;
const count = images.path.length;

// Where each row stands in the order of the page: cluster after cluster, then noise.
const positions = new Uint32Array(count);
data.order.forEach((row, position) => { positions[row] = position; });

const thumbnail = (row) => thumbnailAt(positions[row]);
const showThumbnail = (row, frame) => showThumbnailAt(positions[row], frame);

function clusterName(row) {
  return images.cluster[row] < 0 ? 'noise' : `cluster ${images.cluster[row]}`;
}
