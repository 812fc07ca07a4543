// The same scene without WebGL: faces sorted from far to near on a plain canvas.
class PaintFlat {
  constructor(canvas) { this.canvas = canvas; this.pen = canvas.getContext("2d"); }
  paint(items, view) {
    const { pen, canvas } = this, W = canvas.width, H = canvas.height, sun = unit([0.62, -0.30, 1.0]);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.fillStyle = view.dark ? "#14171c" : "#eef1f4"; pen.fillRect(0, 0, W, H);
    this.floor(view, W, H);
    const faces = [];
    for (const item of items) {
      const m = item.model;
      const at = (x, y, z) => [0, 1, 2].map((i) => m[i] * x + m[4 + i] * y + m[8 + i] * z + m[12 + i]);
      for (let axis = 0; axis < 3; axis++) for (const sign of [-1, 1]) {
        const u = (axis + 1) % 3, v = (axis + 2) % 3;
        const corner = (a, b) => { const p = [0, 0, 0]; p[axis] = sign / 2; p[u] = a / 2; p[v] = b / 2; return at(...p); };
        const c = [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)];
        const n = unit(scale([m[axis * 4], m[axis * 4 + 1], m[axis * 4 + 2]], sign));
        const middle = scale(add(add(c[0], c[1]), add(c[2], c[3])), 0.25);
        if (dot(n, sub(view.eye, middle)) <= 0) continue;
        const p = c.map((x) => project(view.camera, x, W, H));
        if (p.some((x) => !x)) continue;
        // By the box first, then by its face: boxes of a stack do not pass through each other.
        const centre = [m[12], m[13], m[14]];
        faces.push({ p, item, far: norm(sub(view.eye, centre)), near: norm(sub(view.eye, middle)), light: 0.55 + 0.2 * (n[2] * 0.5 + 0.5) + 0.3 * Math.max(dot(n, sun), 0) });
      }
    }
    faces.sort((a, b) => (b.far + b.near) - (a.far + a.near));
    for (const { p, item, light } of faces) {
      const [r, g, b] = item.colour.map((c) => Math.min(255, Math.round(c * light)));
      pen.beginPath(); p.forEach((x, i) => (i ? pen.lineTo(x[0], x[1]) : pen.moveTo(x[0], x[1]))); pen.closePath();
      pen.fillStyle = `rgba(${r},${g},${b},${item.alpha ?? 1})`; pen.fill();
      pen.strokeStyle = `rgba(${r >> 1},${g >> 1},${b >> 1},0.8)`; pen.lineWidth = 1; pen.stroke();
    }
  }
  floor(view, W, H) {
    const { pen } = this, R = Math.ceil(view.radius * 2 / 0.5) * 0.5;
    pen.strokeStyle = view.dark ? "#2c323c" : "#d3d8de"; pen.lineWidth = 1;
    const cx = Math.round(view.centre[0]), cy = Math.round(view.centre[1]);
    for (let k = -R; k <= R; k += 0.25) for (const [a, b] of [[[cx + k, cy - R, 0], [cx + k, cy + R, 0]], [[cx - R, cy + k, 0], [cx + R, cy + k, 0]]]) {
      const p = project(view.camera, a, W, H), q = project(view.camera, b, W, H);
      if (p && q) { pen.beginPath(); pen.moveTo(p[0], p[1]); pen.lineTo(q[0], q[1]); pen.stroke(); }
    }
  }
}
