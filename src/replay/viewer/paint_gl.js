// The scene in WebGL 2: boxes with crisp edges and tape, a floor with a grid, one sun with soft shadows.
const CUBE_GLSL = `#version 300 es
layout(location=0) in vec3 position; layout(location=1) in vec3 normal;
uniform mat4 model, camera; uniform vec3 size;
out vec3 vWorld, vNormal, vLocal, vFace;
void main() {
  vec4 w = model * vec4(position, 1.0);
  vWorld = w.xyz; vLocal = position * size; vFace = normal;
  vNormal = normalize(mat3(model) * (normal / max(size * size, vec3(1e-9))));
  gl_Position = camera * w;
}`;
const SHADE_GLSL = `#version 300 es
precision highp float; precision highp sampler2DShadow;
in vec3 vWorld, vNormal, vLocal, vFace;
uniform vec3 size, colour, eye, sun, sky; uniform float kind, alpha, pixel, dark, reach; uniform mat4 sunCamera; uniform sampler2DShadow shadow;
out vec4 frag;
float lit() {
  vec4 p = sunCamera * vec4(vWorld + vNormal * reach * 0.002, 1.0);
  vec3 s = p.xyz * 0.5 + 0.5;
  if (any(lessThan(s, vec3(0.0))) || any(greaterThan(s, vec3(1.0)))) return 1.0;
  float sum = 0.0; vec2 step = vec2(1.6 / 2048.0);
  for (int x = -2; x <= 2; x++) for (int y = -2; y <= 2; y++)
    sum += texture(shadow, vec3(s.xy + vec2(x, y) * step, s.z - 0.0008));
  return sum / 25.0;
}
float hash(vec2 p) { return fract(sin(dot(p, vec2(127.1, 311.7))) * 43758.5453); }
float line(float x, float every) {
  float f = abs(fract(x / every - 0.5) - 0.5) * every, w = fwidth(x);
  return (1.0 - smoothstep(0.0, w * 1.3, f)) * clamp(every / (w * 6.0) - 0.3, 0.0, 1.0);
}
void main() {
  vec3 n = normalize(vNormal), c = colour; float shade = lit();
  if (kind > 2.5) {
    float far = length(vWorld.xy - eye.xy) / reach;
    float ink = max(max(line(vWorld.x, 0.1), line(vWorld.y, 0.1)) * 0.30, max(line(vWorld.x, 1.0), line(vWorld.y, 1.0)) * 0.8);
    c = mix(c, dark > 0.5 ? c * 1.9 : c * 0.82, ink);
    c *= mix(dark > 0.5 ? 0.45 : 0.68, 1.0, shade);
    frag = vec4(mix(c, sky, smoothstep(3.0, 11.0, far)), 1.0); return;
  }
  vec3 a = abs(vFace); vec2 q, h;
  if (a.x > 0.5) { q = vLocal.yz; h = size.yz; } else if (a.y > 0.5) { q = vLocal.xz; h = size.xz; } else { q = vLocal.xy; h = size.xy; }
  if (kind < 0.5) {
    bool alongX = size.x >= size.y; float across = alongX ? abs(vLocal.y) : abs(vLocal.x), half_ = min(0.026, 0.12 * min(size.x, size.y));
    bool lid = a.z > 0.5, lap = (alongX ? a.x : a.y) > 0.5 && vLocal.z > size.z * 0.5 - min(0.07, 0.3 * size.z);
    float w = fwidth(across) + 1e-5;
    if (lid || lap) {
      c = mix(c, mix(c, vec3(1.0, 0.95, 0.82), 0.34), 1.0 - smoothstep(half_ - w, half_ + w, across));
      if (lid) c *= 1.0 - 0.16 * (1.0 - smoothstep(0.0012, 0.0012 + 1.5 * w, across));
    }
    c *= 0.985 + 0.03 * hash(floor(vec2(q.x * 60.0, q.y * 420.0)));
  } else if (kind < 1.5) c *= 0.96 + 0.06 * hash(vec2(floor(q.y * 40.0), floor(q.x * 3.0)));
  float up = n.z * 0.5 + 0.5, straight = max(dot(n, sun), 0.0);
  vec3 light = mix(vec3(0.56, 0.57, 0.60), vec3(0.74, 0.74, 0.75), up) * (dark > 0.5 ? 0.80 : 1.0) + vec3(0.42, 0.40, 0.37) * straight * shade * (dark > 0.5 ? 0.9 : 1.0);
  light *= mix(0.80, 1.0, smoothstep(0.0, 0.10, vWorld.z));
  c *= light;
  if (kind < 2.5 && kind != 2.0) {
    vec2 d = h * 0.5 - abs(q), w = fwidth(q) + 1e-6; float e = min(d.x / w.x, d.y / w.y);
    c *= mix(kind < 0.5 ? 0.52 : 0.62, 1.0, smoothstep(0.5, 1.9, e));
  }
  if (kind == 2.0) { vec3 v = normalize(eye - vWorld); c += 0.25 * pow(max(dot(reflect(-sun, n), v), 0.0), 24.0) * shade; }
  if (alpha < 1.0) { vec2 d = h * 0.5 - abs(q), w = fwidth(q) + 1e-6; frag = vec4(colour, mix(0.95, alpha, smoothstep(0.8, 2.2, min(d.x / w.x, d.y / w.y)))); return; }
  frag = vec4(c, 1.0);
}`;
const DEPTH_GLSL = `#version 300 es
precision mediump float; void main() {}`;

function cubeMesh() {
  const out = [];
  for (let axis = 0; axis < 3; axis++) for (const sign of [-1, 1]) {
    const u = (axis + 1) % 3, v = (axis + 2) % 3, n = [0, 0, 0];
    n[axis] = sign;
    const corner = (a, b) => { const p = [0, 0, 0]; p[axis] = sign / 2; p[u] = a / 2; p[v] = b / 2; return p; };
    const quad = sign > 0 ? [[-1, -1], [1, -1], [1, 1], [-1, -1], [1, 1], [-1, 1]] : [[-1, -1], [1, 1], [1, -1], [-1, -1], [-1, 1], [1, 1]];
    for (const [a, b] of quad) out.push(...corner(a, b), ...n);
  }
  return out;
}

function cylinderMesh(sides) {
  const out = [];
  for (let k = 0; k < sides; k++) {
    const a = 2 * Math.PI * k / sides, b = 2 * Math.PI * (k + 1) / sides;
    const p = (t, z) => [Math.cos(t) / 2, Math.sin(t) / 2, z], n = (t) => [Math.cos(t), Math.sin(t), 0];
    for (const [t, z] of [[a, -.5], [b, -.5], [b, .5], [a, -.5], [b, .5], [a, .5]]) out.push(...p(t, z), ...n(t));
    out.push(0, 0, .5, 0, 0, 1, ...p(a, .5), 0, 0, 1, ...p(b, .5), 0, 0, 1);
    out.push(0, 0, -.5, 0, 0, -1, ...p(b, -.5), 0, 0, -1, ...p(a, -.5), 0, 0, -1);
  }
  return out;
}

class PaintGl {
  constructor(canvas) {
    const gl = this.gl = canvas.getContext("webgl2", { antialias: true, alpha: false, preserveDrawingBuffer: true });
    if (!gl) throw new Error("no WebGL 2");
    this.shade = this.program(CUBE_GLSL, SHADE_GLSL);
    this.depth = this.program(CUBE_GLSL, DEPTH_GLSL);
    this.cube = this.mesh(cubeMesh());
    this.cylinder = this.mesh(cylinderMesh(32));
    this.map = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.map);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.DEPTH_COMPONENT24, 2048, 2048);
    for (const [key, value] of [[gl.TEXTURE_MIN_FILTER, gl.LINEAR], [gl.TEXTURE_MAG_FILTER, gl.LINEAR], [gl.TEXTURE_COMPARE_MODE, gl.COMPARE_REF_TO_TEXTURE], [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE], [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE]]) gl.texParameteri(gl.TEXTURE_2D, key, value);
    this.frame = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.frame);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.DEPTH_ATTACHMENT, gl.TEXTURE_2D, this.map, 0);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }
  program(vertex, fragment) {
    const gl = this.gl, p = gl.createProgram();
    for (const [type, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
      const s = gl.createShader(type);
      gl.shaderSource(s, text); gl.compileShader(s);
      if (!gl.getShaderParameter(s, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(s));
      gl.attachShader(p, s);
    }
    gl.linkProgram(p);
    if (!gl.getProgramParameter(p, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(p));
    const at = {};
    for (let i = 0; i < gl.getProgramParameter(p, gl.ACTIVE_UNIFORMS); i++) { const u = gl.getActiveUniform(p, i); at[u.name] = gl.getUniformLocation(p, u.name); }
    return { p, at };
  }
  mesh(data) {
    const gl = this.gl, vao = gl.createVertexArray();
    gl.bindVertexArray(vao);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(data), gl.STATIC_DRAW);
    for (const i of [0, 1]) { gl.enableVertexAttribArray(i); gl.vertexAttribPointer(i, 3, gl.FLOAT, false, 24, 12 * i); }
    return { vao, count: data.length / 6 };
  }
  draw(program, item) {
    const gl = this.gl, at = program.at, mesh = item.form === "cylinder" ? this.cylinder : this.cube;
    gl.bindVertexArray(mesh.vao);
    gl.uniformMatrix4fv(at.model, false, item.model);
    if (at.size) gl.uniform3fv(at.size, item.size);
    if (at.colour) { gl.uniform3fv(at.colour, item.colour.map((c) => c / 255)); gl.uniform1f(at.kind, item.kind); gl.uniform1f(at.alpha, item.alpha ?? 1); }
    gl.drawArrays(gl.TRIANGLES, 0, mesh.count);
  }
  // items: {model, size, colour, kind: 0 card, 1 fixture, 2 hand, form, alpha}; solids first, ghosts last.
  paint(items, view) {
    const gl = this.gl, sun = unit([0.62, -0.30, 1.0]), r = view.radius * 1.6;
    const sunCamera = multiply(orthographic(r, 0.1, 6 * r), lookAt(add(view.centre, scale(sun, 3 * r)), view.centre, [0, 1, 0]));
    gl.enable(gl.DEPTH_TEST); gl.disable(gl.BLEND);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.frame);
    gl.viewport(0, 0, 2048, 2048); gl.clear(gl.DEPTH_BUFFER_BIT);
    gl.useProgram(this.depth.p); gl.uniformMatrix4fv(this.depth.at.camera, false, sunCamera);
    for (const item of items) if (!(item.alpha < 1)) this.draw(this.depth, item);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    const sky = view.dark ? [0.078, 0.09, 0.11] : [0.933, 0.945, 0.957];
    gl.clearColor(...sky, 1); gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    const at = this.shade.at;
    gl.useProgram(this.shade.p);
    gl.uniformMatrix4fv(at.camera, false, view.camera); gl.uniformMatrix4fv(at.sunCamera, false, sunCamera);
    gl.uniform3fv(at.eye, view.eye); gl.uniform3fv(at.sun, sun); gl.uniform3fv(at.sky, sky);
    gl.uniform1f(at.dark, view.dark ? 1 : 0); gl.uniform1f(at.reach, view.radius);
    gl.bindTexture(gl.TEXTURE_2D, this.map); gl.uniform1i(at.shadow, 0);
    const wide = view.radius * 60;
    this.draw(this.shade, { model: modelMatrix([view.centre[0], view.centre[1], -0.0005, 0, 0, 0, 1], [wide, wide, 0.001]), size: [wide, wide, 0.001], colour: view.dark ? [38, 42, 50] : [222, 226, 231], kind: 3 });
    for (const item of items) {
      if (item.alpha < 1) { gl.enable(gl.BLEND); gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA); gl.depthMask(false); }
      this.draw(this.shade, item);
    }
    gl.depthMask(true);
  }
}
