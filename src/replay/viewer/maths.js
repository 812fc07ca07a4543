// Vectors, quaternions [x, y, z, w], column-major 4x4 matrices, and the orbiting camera.
const sub = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const add = (a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
const scale = (a, s) => [a[0] * s, a[1] * s, a[2] * s];
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const norm = (a) => Math.hypot(a[0], a[1], a[2]);
const unit = (a) => scale(a, 1 / Math.max(norm(a), 1e-12));
const lerp = (a, b, s) => a + (b - a) * s;

function rotate(q, v) {
  const u = [q[0], q[1], q[2]];
  const t = scale(cross(u, v), 2);
  return add(add(v, scale(t, q[3])), cross(u, t));
}

// A pose is [x, y, z, qx, qy, qz, qw].
const place = (p, v) => add(rotate(p.slice(3), v), p);

function mixPose(a, b, s) {
  const sign = a[3] * b[3] + a[4] * b[4] + a[5] * b[5] + a[6] * b[6] < 0 ? -1 : 1;
  const r = a.map((x, i) => lerp(x, i < 3 ? b[i] : sign * b[i], s));
  const n = Math.hypot(r[3], r[4], r[5], r[6]) || 1;
  for (let i = 3; i < 7; i++) r[i] /= n;
  return r;
}

// The matrix that takes the unit cube (±½) to a part of `size` at `offset` in the frame `p`.
function modelMatrix(p, size, offset) {
  const q = p.slice(3);
  const x = rotate(q, [size[0], 0, 0]), y = rotate(q, [0, size[1], 0]), z = rotate(q, [0, 0, size[2]]);
  const o = offset ? place(p, offset) : p;
  return new Float32Array([...x, 0, ...y, 0, ...z, 0, o[0], o[1], o[2], 1]);
}

function multiply(a, b) {
  const r = new Float32Array(16);
  for (let c = 0; c < 4; c++) for (let i = 0; i < 4; i++) {
    let s = 0;
    for (let k = 0; k < 4; k++) s += a[k * 4 + i] * b[c * 4 + k];
    r[c * 4 + i] = s;
  }
  return r;
}

function lookAt(eye, at, up) {
  const z = unit(sub(eye, at)), x = unit(cross(up, z)), y = cross(z, x);
  return new Float32Array([x[0], y[0], z[0], 0, x[1], y[1], z[1], 0, x[2], y[2], z[2], 0, -dot(x, eye), -dot(y, eye), -dot(z, eye), 1]);
}

function perspective(fov, aspect, near, far) {
  const f = 1 / Math.tan(fov / 2), d = 1 / (near - far);
  return new Float32Array([f / aspect, 0, 0, 0, 0, f, 0, 0, 0, 0, (far + near) * d, -1, 0, 0, 2 * far * near * d, 0]);
}

function orthographic(r, near, far) {
  return new Float32Array([1 / r, 0, 0, 0, 0, 1 / r, 0, 0, 0, 0, -2 / (far - near), 0, 0, 0, -(far + near) / (far - near), 1]);
}

class Orbit {
  constructor(centre, radius, azimuth) {
    this.home = { centre, radius };
    this.fov = 0.62;
    this.reset(azimuth, 0.42);
  }
  reset(azimuth, elevation) {
    Object.assign(this, { azimuth, elevation, at: this.home.centre.slice(), distance: this.home.radius / Math.sin(this.fov / 2) });
  }
  turn(dx, dy) {
    this.azimuth -= dx * 0.006;
    this.elevation = Math.min(1.55, Math.max(-0.05, this.elevation + dy * 0.006));
  }
  move(dx, dy, height) {
    const per = 2 * this.distance * Math.tan(this.fov / 2) / height;
    const { x, y } = this.axes();
    this.at = add(this.at, add(scale(x, -dx * per), scale(y, dy * per)));
  }
  nearer(factor) {
    this.distance = Math.min(this.home.radius * 12, Math.max(this.home.radius * 0.15, this.distance * factor));
  }
  axes() {
    const c = Math.cos(this.elevation);
    const z = [Math.cos(this.azimuth) * c, Math.sin(this.azimuth) * c, Math.sin(this.elevation)];
    const x = [-Math.sin(this.azimuth), Math.cos(this.azimuth), 0];
    return { x, y: cross(z, x), z };
  }
  eye() {
    const eye = add(this.at, scale(this.axes().z, this.distance));
    return [eye[0], eye[1], Math.max(eye[2], 0.03)];
  }
  // The matrix for a view of which `left` pixels are covered by cards.
  matrix(width, height) {
    const portrait = Math.max(1, height / width);
    const fov = 2 * Math.atan(Math.tan(this.fov / 2) * portrait);
    const view = lookAt(this.eye(), this.at, Math.abs(this.elevation) > 1.54 ? [-Math.cos(this.azimuth), -Math.sin(this.azimuth), 0] : [0, 0, 1]);
    return multiply(perspective(fov, width / height, this.distance * 0.02, this.distance + this.home.radius * 40), view);
  }
}

// To pixels, with the depth; null behind the eye.
function project(m, p, width, height) {
  const w = m[3] * p[0] + m[7] * p[1] + m[11] * p[2] + m[15];
  if (w <= 1e-6) return null;
  const x = (m[0] * p[0] + m[4] * p[1] + m[8] * p[2] + m[12]) / w;
  const y = (m[1] * p[0] + m[5] * p[1] + m[9] * p[2] + m[13]) / w;
  return [(x * 0.5 + 0.5) * width, (0.5 - y * 0.5) * height, w];
}
