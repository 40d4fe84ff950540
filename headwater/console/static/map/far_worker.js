/** Beside the page: see far.js. */

/** @type {import("./far.js").Flat} */
let scene = { boxes: new Float32Array(), hues: new Uint8Array(), lines: new Float32Array(), tones: new Uint8Array() };

/** @param {{width: number, height: number, view: import("./camera.js").View, dots: number, colours: string[]}} wanted */
function paint({ width, height, view, dots, colours }) {
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const k = view.k * dots;
  const seen = { left: view.x, top: view.y, right: view.x + width / k, bottom: view.y + height / k };
  context.setTransform(k, 0, 0, k, -view.x * k, -view.y * k);
  context.lineWidth = 1 / k;
  context.globalAlpha = Math.max(0.06, Math.min(0.5, 300 / scene.tones.length)); // many lines are a haze
  scene.tones.forEach((tone, n) => {
    const [x, y, toX, toY] = scene.lines.subarray(n * 4, n * 4 + 4);
    if (Math.max(x, toX) < seen.left || Math.min(x, toX) > seen.right || Math.max(y, toY) < seen.top || Math.min(y, toY) > seen.bottom) return;
    context.strokeStyle = colours[tone];
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(toX, toY);
    context.stroke();
  });
  context.globalAlpha = 0.6;
  scene.hues.forEach((hue, n) => {
    const [x, y, wide, high] = scene.boxes.subarray(n * 4, n * 4 + 4);
    if (x > seen.right || x + wide < seen.left || y > seen.bottom || y + high < seen.top) return;
    context.fillStyle = colours[hue];
    context.fillRect(x, y, wide, high);
  });
  return canvas.transferToImageBitmap();
}

addEventListener("message", ({ data }) => {
  if (data.scene) return void ({ scene } = data);
  const bitmap = paint(data.paint);
  /** @type {any} */ (globalThis).postMessage({ bitmap, view: data.paint.view }, [bitmap]);
});
