// The page itself: time, input, cards. Reads the recording that the page carries.
const rec = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const root = document.documentElement;

// Frames name only what changed since the frame before; here each becomes whole again.
function unfold(frames) {
  let boxes = rec.boxes.map(() => 0);
  return frames.map(([t, step, hand, changed]) => {
    boxes = boxes.slice();
    for (const k in changed) boxes[k] = changed[k];
    return { t, step, hand, boxes };
  });
}
const frames = unfold(rec.frames), imagined = unfold(rec.imagined);
const start = frames[0].t, end = frames[frames.length - 1].t;
const stepStart = rec.steps.map((_, k) => (frames.find((f) => f.step === k) || { t: end }).t);

function momentOf(list, t) {
  let lo = 0, hi = list.length;
  while (lo < hi) { const m = (lo + hi) >> 1; if (list[m].t <= t) lo = m + 1; else hi = m; }
  const a = list[Math.max(lo - 1, 0)], b = list[lo];
  if (!b || lo === 0 || b.step !== a.step) return a;
  const s = Math.min(1, (t - a.t) / Math.max(b.t - a.t, 1e-9));
  const mix = (p, q) => (p && q ? mixPose(p, q, s) : p);
  return { t, step: a.step, hand: mix(a.hand, b.hand), boxes: a.boxes.map((p, i) => mix(p, b.boxes[i])) };
}

// What has to be seen: all boxes as they stand at first, and where they go, but not off to infinity.
function extent() {
  let lo = [1e9, 1e9, 1e9], hi = [-1e9, -1e9, -1e9];
  const take = (pose, size, limit) => {
    if (!pose) return;
    for (let c = 0; c < 8; c++) {
      const p = place(pose, size.map((s, i) => (c >> i & 1 ? s : -s) / 2));
      if (limit && p.some((x, i) => x < limit[0][i] || x > limit[1][i])) continue;
      lo = lo.map((x, i) => Math.min(x, p[i])); hi = hi.map((x, i) => Math.max(x, p[i]));
    }
  };
  rec.fixtures.forEach((f) => take(f.pose, f.size));
  // Of a task, what is imagined is where its box is to stand.
  for (const f of frames.length === 1 ? [frames[0], ...imagined] : [frames[0]]) rec.boxes.forEach((b, i) => take(f.boxes[i], b.size));
  const room = [lo.map((x) => x - 0.5), hi.map((x) => x + 0.5)];
  for (const f of frames) f.boxes.forEach((p, i) => take(p, rec.boxes[i].size, room));
  return { centre: scale(add(lo, hi), 0.5), radius: Math.max(0.25, norm(sub(hi, lo)) / 2 * 1.08) };
}

const { centre, radius } = extent();
// The bar at the bottom covers a strip: what is looked at sits a little lower, so the scene a little higher.
const orbit = new Orbit(add(centre, [0, 0, -0.06 * radius]), radius, rec.azimuth);
let canvas = $("view"), painter;
const labels = $("labels"), pen = labels.getContext("2d");
try { painter = new PaintGl(canvas); } catch {
  // A canvas that WebGL was asked for has no other context: where the shaders failed, one like it takes its place.
  const fresh = canvas.cloneNode();
  canvas.replaceWith(fresh);
  canvas = fresh;
  painter = new PaintFlat(canvas);
}

const state = { t: start, playing: false, speed: 1, names: rec.boxes.length <= 30, ghosts: true, dark: matchMedia("(prefers-color-scheme: dark)").matches, hover: -1, dirty: true, view: 0 };
const asked = new URLSearchParams(location.hash.slice(1));
if (asked.has("t")) state.t = Math.min(end, Math.max(start, Number(asked.get("t")) || start));
if (asked.has("dark")) state.dark = asked.get("dark") !== "0";
state.playing = end > start && !asked.has("t") && !matchMedia("(prefers-reduced-motion: reduce)").matches;

function hurtBy(t) {
  const hurt = new Set();
  for (const e of rec.events) if (e.t <= t + 1e-6 && e.box !== null) hurt.add(e.box);
  return hurt;
}

function itemsAt(now) {
  const items = [], hurt = hurtBy(state.t);
  rec.fixtures.forEach((f) => items.push({ model: modelMatrix(f.pose, f.size), size: f.size, colour: f.colour, kind: 1 }));
  now.boxes.forEach((p, i) => {
    if (!p) return;
    const b = rec.boxes[i];
    let colour = hurt.has(i) ? rec.look.accident : rec.steps.length && rec.steps[now.step].target === i ? rec.look.target : b.colour;
    if (i === state.hover) colour = colour.map((c) => Math.min(255, c * 1.12 + 12));
    items.push({ model: modelMatrix(p, b.size), size: b.size, colour, kind: 0 });
  });
  const parts = now.hand && rec.steps[now.step] && rec.steps[now.step].hand;
  for (const part of parts || []) items.push({ model: modelMatrix(now.hand, part.size, part.centre), size: part.size, colour: part.soft ? rec.look.rubber : rec.look.hand, kind: 2, form: part.form });
  if (state.ghosts && imagined.length) {
    const mine = imagined.filter((f) => f.step === now.step);
    if (mine.length && state.t >= mine[0].t - 1e-6 && state.t <= mine[mine.length - 1].t + 0.1)
      momentOf(mine, state.t).boxes.forEach((g, i) => {
        const p = now.boxes[i];
        // A ghost is only worth drawing where what happened differs from what was expected.
        const off = p && g ? norm(sub(p, g)) + 0.3 * (1 - Math.abs(p[3] * g[3] + p[4] * g[4] + p[5] * g[5] + p[6] * g[6])) : 0;
        if (g && off > 0.01) items.push({ model: modelMatrix(g, rec.boxes[i].size.map((s) => s * 1.002)), size: rec.boxes[i].size, colour: rec.look.ghost, kind: 0, alpha: 0.22 });
      });
  }
  return items;
}

function resize() {
  const dpr = Math.min(window.devicePixelRatio || 1, 2), w = Math.round(innerWidth * dpr), h = Math.round(innerHeight * dpr);
  for (const c of [canvas, labels]) if (c.width !== w || c.height !== h) { c.width = w; c.height = h; }
  return { w, h, dpr };
}

// Which box is under a point: the nearest whose slabs the ray passes (Kay and Kajiya, 1986).
function pick(px, py) {
  const { x, y, z } = orbit.axes(), eye = orbit.eye(), tall = Math.max(1, innerHeight / innerWidth);
  const k = Math.tan(orbit.fov / 2) * tall, nx = (px / innerWidth * 2 - 1) * k * innerWidth / innerHeight, ny = (1 - py / innerHeight * 2) * k;
  const ray = unit(add(scale(z, -1), add(scale(x, nx), scale(y, ny))));
  let best = -1, near = Infinity;
  momentOf(frames, state.t).boxes.forEach((p, i) => {
    if (!p) return;
    const back = [-p[3], -p[4], -p[5], p[6]], o = rotate(back, sub(eye, p)), d = rotate(back, ray);
    let lo = -Infinity, hi = Infinity;
    for (let a = 0; a < 3; a++) {
      const h = rec.boxes[i].size[a] / 2, u = (-h - o[a]) / d[a], v = (h - o[a]) / d[a];
      lo = Math.max(lo, Math.min(u, v)); hi = Math.min(hi, Math.max(u, v));
    }
    if (lo <= hi && hi > 0 && lo < near) { near = lo; best = i; }
  });
  return best;
}

function paintNames(now, camera, w, h, dpr) {
  pen.clearRect(0, 0, w, h);
  pen.font = `600 ${12 * dpr}px system-ui, sans-serif`; pen.textAlign = "center"; pen.textBaseline = "middle";
  const eye = orbit.eye(), taken = [];
  const all = now.boxes.map((p, i) => ({ p, i })).filter((x) => x.p && (state.names || x.i === state.hover));
  all.sort((a, b) => (b.i === state.hover) - (a.i === state.hover) || norm(sub(eye, a.p)) - norm(sub(eye, b.p)));
  for (const { p, i } of all) {
    const at = project(camera, p, w, h);
    if (!at) continue;
    const text = rec.boxes[i].id, half = pen.measureText(text).width / 2 + 6 * dpr;
    const box = [at[0] - half, at[1] - 10 * dpr, at[0] + half, at[1] + 10 * dpr];
    if (i !== state.hover && (taken.some((o) => o[0] < box[2] && box[0] < o[2] && o[1] < box[3] && box[1] < o[3]) || pick(at[0] / dpr, at[1] / dpr) !== i)) continue;
    taken.push(box);
    pen.globalAlpha = i === state.hover ? 1 : 0.86;
    pen.fillStyle = state.dark ? "#1d222b" : "#ffffff";
    pen.beginPath(); pen.roundRect(box[0], box[1], box[2] - box[0], box[3] - box[1], 10 * dpr); pen.fill();
    pen.fillStyle = state.dark ? "#e8ecf2" : "#1d2430"; pen.fillText(text, at[0], at[1]);
  }
  pen.globalAlpha = 1;
}

const clockText = (t) => `${t.toFixed(2)} s`;
function paint() {
  const { w, h, dpr } = resize(), now = momentOf(frames, state.t);
  const camera = orbit.matrix(w, h), view = { camera, eye: orbit.eye(), centre, radius, dark: state.dark };
  painter.paint(itemsAt(now), view);
  paintNames(now, camera, w, h, dpr);
  $("clock").textContent = `${clockText(state.t)} / ${clockText(end)}`;
  if (document.activeElement !== $("time") || state.playing) $("time").value = end > start ? Math.round((state.t - start) / (end - start) * 1000) : 0;
  $("time").setAttribute("aria-valuetext", clockText(state.t));
  const step = rec.steps[now.step];
  $("caption").textContent = step ? step.title : "";
  const shown = rec.events.filter((e) => e.t <= state.t + 1e-6 && state.t - e.t < 2.5).slice(-3);
  const said = shown.map((e) => e.text).join("\n");
  if ($("banner").dataset.said !== said) {
    $("banner").dataset.said = said;
    $("banner").replaceChildren(...shown.map((e) => Object.assign(document.createElement("div"), { textContent: e.text })));
  }
  document.querySelectorAll(".step").forEach((e, k) => e.classList.toggle("now", k === now.step));
}

const percent = (p) => (p === null ? "?" : p > 0 && p < 0.001 ? "<0.1 %" : p >= 0.0995 ? `${Math.round(p * 100)} %` : `${(p * 100).toFixed(1)} %`);
function el(tag, name, text) { const e = document.createElement(tag); if (name) e.className = name; if (text !== undefined) e.textContent = text; return e; }
function cards() {
  $("title").textContent = rec.title;
  $("origin").textContent = { scene: "as it stands", sandbox: "carried out in the sandbox", imagined: "imagined, not carried out" }[rec.origin];
  rec.steps.forEach((step, k) => {
    const b = el("button", "step"), what = el("div", "what");
    what.append(el("i", "", `${k + 1}`), el("span", "", step.title));
    b.append(what);
    if (step.risk !== null || step.bound !== null) {
      const row = el("div", "risk"), meter = el("span", "meter"), worst = step.bound ?? step.risk;
      const colour = worst <= 0.02 ? "var(--good)" : worst <= 0.2 ? "var(--warn)" : "var(--bad)";
      // The root spreads out small risks, which are the ones that matter.
      for (const [tag, p] of [["u", step.bound], ["s", step.risk]]) { const m = el(tag); m.style.width = `${Math.sqrt(p || 0) * 100}%`; m.style.background = colour; meter.append(m); }
      row.append(el("span", "", `risk ${percent(step.risk)}`), meter, el("span", "", step.bound === null ? "" : `≤ ${percent(step.bound)}`));
      b.append(row);
    }
    for (const e of rec.events.filter((e) => e.step === k)) b.append(el("div", "mishap", e.text));
    b.onclick = () => seek(stepStart[k]);
    $("steps").append(b);
  });
  const at = (t) => `${end > start ? (t - start) / (end - start) * 100 : 0}%`;
  stepStart.forEach((t, k) => { if (k) { const m = el("span", "cut"); m.style.left = at(t); $("marks").append(m); } });
  rec.events.forEach((e) => { const m = el("span", "hit"); m.style.left = at(Math.min(e.t, end)); $("marks").append(m); });
  $("b-ghosts").hidden = !imagined.length;
  if (!(end > start)) $("bar").hidden = true, $("bar").style.display = "none";
}

function seek(t) { state.t = Math.min(end, Math.max(start, t)); state.dirty = true; }
function play(on) { if (on && state.t >= end - 1e-6) state.t = start; state.playing = on && end > start; buttons(); }
function buttons() {
  $("b-play").classList.toggle("playing", state.playing);
  $("b-play").setAttribute("aria-label", state.playing ? "Pause" : "Play");
  $("b-labels").classList.toggle("on", state.names);
  $("b-ghosts").classList.toggle("on", state.ghosts);
  root.dataset.theme = state.dark ? "dark" : "light";
  state.dirty = true;
}
function faster(by) { const s = $("speed"); s.selectedIndex = Math.min(s.options.length - 1, Math.max(0, s.selectedIndex + by)); state.speed = Number(s.value); }
function nextStep(by) {
  const k = momentOf(frames, state.t).step + by;
  seek(k < 0 || !stepStart.length ? start : k >= stepStart.length ? end : stepStart[k]);
}
const views = [[rec.azimuth, 0.42], [rec.azimuth + Math.PI / 2, 0.42], [rec.azimuth + Math.PI, 0.42], [-Math.PI / 2, 0.06], [0, 0.06], [-Math.PI / 2, 1.55]];
const actions = {
  names() { state.names = !state.names; }, ghosts() { state.ghosts = !state.ghosts; }, theme() { state.dark = !state.dark; },
  view() { state.view = (state.view + 1) % views.length; orbit.reset(...views[state.view]); }, help() { $("help").hidden = !$("help").hidden; },
  accident() { const e = rec.events.find((e) => e.t > state.t + 1e-3) || rec.events[0]; if (e) { play(false); seek(e.t); } },
};
for (const [id, name] of [["b-labels", "names"], ["b-ghosts", "ghosts"], ["b-theme", "theme"], ["b-view", "view"], ["b-help", "help"]]) $(id).onclick = () => { actions[name](); buttons(); };
$("b-play").onclick = () => play(!state.playing);
$("time").oninput = (e) => { play(false); seek(start + (end - start) * e.target.value / 1000); };
$("speed").onchange = () => faster(0);

addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.target.tagName === "SELECT") return;
  const key = e.key.length === 1 ? e.key.toLowerCase() : e.key;
  const done = {
    " ": () => play(!state.playing), ArrowLeft: () => { play(false); e.shiftKey ? nextStep(-1) : seek(state.t - 0.1); },
    ArrowRight: () => { play(false); e.shiftKey ? nextStep(1) : seek(state.t + 0.1); },
    Home: () => seek(start), End: () => seek(end), "[": () => faster(-1), "]": () => faster(1), "+": () => orbit.nearer(0.85), "=": () => orbit.nearer(0.85), "-": () => orbit.nearer(1.18),
    l: actions.names, g: actions.ghosts, d: actions.theme, v: actions.view, "?": actions.help, a: actions.accident, Escape: () => { $("help").hidden = true; },
  }[key];
  if (done) { done(); buttons(); e.preventDefault(); }
});

const fingers = new Map();
canvas.addEventListener("pointerdown", (e) => { canvas.setPointerCapture(e.pointerId); fingers.set(e.pointerId, [e.clientX, e.clientY]); });
for (const type of ["pointerup", "pointercancel"]) canvas.addEventListener(type, (e) => fingers.delete(e.pointerId));
canvas.addEventListener("pointermove", (e) => {
  const was = fingers.get(e.pointerId), at = [e.clientX, e.clientY];
  if (!was) { const hover = pick(...at); if (hover !== state.hover) { state.hover = hover; state.dirty = true; } return; }
  const dx = at[0] - was[0], dy = at[1] - was[1];
  if (fingers.size === 2) {
    const other = [...fingers].find(([id]) => id !== e.pointerId)[1];
    const before = Math.hypot(was[0] - other[0], was[1] - other[1]), after = Math.hypot(at[0] - other[0], at[1] - other[1]);
    if (after > 1) orbit.nearer(before / after);
    orbit.move(dx / 2, dy / 2, innerHeight);
  } else if (e.shiftKey || e.buttons & 2) orbit.move(dx, dy, innerHeight);
  else orbit.turn(dx, dy);
  fingers.set(e.pointerId, at); state.dirty = true;
});
canvas.addEventListener("pointerleave", () => { state.hover = -1; state.dirty = true; });
canvas.addEventListener("wheel", (e) => { orbit.nearer(Math.exp(e.deltaY * 0.001)); state.dirty = true; e.preventDefault(); }, { passive: false });
canvas.addEventListener("contextmenu", (e) => e.preventDefault());
addEventListener("resize", () => { state.dirty = true; });

let last = 0;
function tick(ms) {
  const dt = Math.min(0.1, (ms - last) / 1000); last = ms;
  if (state.playing) {
    state.t += dt * state.speed; state.dirty = true;
    if (state.t >= end) { state.t = end; play(false); }
  }
  if (state.dirty) { state.dirty = false; paint(); }
  requestAnimationFrame(tick);
}
cards(); buttons(); requestAnimationFrame(tick);
