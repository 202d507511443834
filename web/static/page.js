"use strict";
// Keeps the page of now: sections arrive as HTML, charts renew their numbers in place.
(() => {
  const body = document.body;
  const charts = new Map(); // data-chart -> {node, view, structure, version, due, running}
  const PULSE_LOST_MS = 8000; // the server sends something at least every 2 s
  const RENEW_ALL_MS = 60000; // late data may change hours no version tells of
  const SPARE_MS = 1500; // the least time between two renewals of one chart
  const OPTIONS = {
    actions: false, renderer: "svg", ast: true, mode: "vega-lite", defaultStyle: false, logLevel: 1,
    tooltip: { disableDefaultStyle: true },
  };

  const structure = (spec) => JSON.stringify({ ...spec, datasets: 0, params: 0, description: 0 });

  async function draw(chart) {
    if (chart.running) { chart.again = true; return; }
    chart.running = true;
    try {
      const answer = await fetch(chart.node.dataset.src, { cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      await show(chart, await answer.json());
    } catch (error) {
      if (!chart.view) fail(chart);
    } finally {
      chart.running = false;
      chart.drawn = Date.now();
      if (chart.again) { chart.again = false; renew(chart); }
    }
  }

  async function show(chart, spec) {
    const shape = structure(spec);
    if (chart.view && chart.structure === shape) {
      spec.params.forEach((param) => chart.view.signal(param.name, param.value));
      Object.entries(spec.datasets).forEach(([name, rows]) => chart.view.data(name, rows));
      // Numbers may have grown: room for their labels is measured anew, or an axis cuts them.
      await chart.view.resize().runAsync();
    } else {
      if (chart.view) chart.view.finalize();
      const embedded = await window.vegaEmbed(chart.node, spec, OPTIONS);
      chart.view = embedded.view;
      chart.structure = shape;
    }
    chart.node.setAttribute("aria-label", spec.description);
  }

  function fail(chart) {
    const text = document.createElement("p");
    text.className = "failed";
    text.textContent = body.dataset.failed;
    chart.node.replaceChildren(text);
  }

  function renew(chart) {
    if (chart.due) return;
    const wait = Math.max(0, (chart.drawn || 0) + SPARE_MS - Date.now());
    chart.due = setTimeout(() => { chart.due = 0; if (chart.seen) draw(chart); else chart.stale = true; }, wait);
  }

  // Charts below the fold are drawn when they come near.
  const near = new IntersectionObserver((entries) => entries.forEach((entry) => {
    const chart = charts.get(entry.target.dataset.chart);
    if (!chart) return;
    chart.seen = entry.isIntersecting;
    if (chart.seen && chart.stale) { chart.stale = false; draw(chart); }
  }), { rootMargin: "600px" });

  // A chart that was drawn before keeps its node, so that renewing a section does not redraw it.
  function adopt(root) {
    root.querySelectorAll("[data-chart]").forEach((place) => {
      const known = charts.get(place.dataset.chart);
      if (known && known.node !== place) {
        place.replaceWith(known.node);
      } else if (!known) {
        charts.set(place.dataset.chart, { node: place, stale: true, seen: false });
        near.observe(place);
      }
    });
  }

  function drop() {
    charts.forEach((chart, key) => {
      if (chart.node.isConnected) return;
      near.unobserve(chart.node);
      if (chart.view) chart.view.finalize();
      charts.delete(key);
    });
  }

  function replace(name, html) {
    const section = document.querySelector(`[data-section="${name}"]`);
    if (!section) return;
    const open = new Set([...section.querySelectorAll("details[open]")].map((details) => details.id));
    const parsed = document.createElement("template");
    parsed.innerHTML = html;
    adopt(parsed.content);
    section.replaceChildren(parsed.content);
    section.querySelectorAll("details").forEach((details) => { details.open = open.has(details.id); });
  }

  // Times: the server's clock counts, not this machine's.
  let ahead = Number(body.dataset.now || Date.now()) - Date.now();
  const english = body.dataset.lang === "en";
  const UNITS = english ? [" d", " h", " min", " s"] : [" 天", " 小时", " 分钟", " 秒"];

  function age(ms) {
    const seconds = Math.max(0, Math.floor(ms / 1000));
    if (seconds >= 172800) return Math.floor(seconds / 86400) + UNITS[0];
    if (seconds >= 7200) return Math.floor(seconds / 3600) + UNITS[1];
    return seconds >= 60 ? Math.floor(seconds / 60) + UNITS[2] : seconds + UNITS[3];
  }

  function ages() {
    document.querySelectorAll("[data-age]").forEach((place) => {
      place.textContent = age(Date.now() + ahead - Number(place.dataset.age));
    });
  }

  // The stream.
  let clock = body.dataset.clock || "";
  let heard = Date.now();

  function lost(words) {
    const banner = document.getElementById("lost");
    const text = `${words} ${clock}`;
    body.classList.add("stale");
    if (banner.hidden || banner.textContent !== text) { banner.textContent = text; banner.hidden = false; }
  }

  function found(data) {
    heard = Date.now();
    if (data.at) { ahead = data.at - Date.now(); clock = data.clock; }
    document.getElementById("clock").textContent = clock;
    if (data.text) { lost(`${data.text} ${body.dataset.storeLost}`); return; }
    body.classList.remove("stale");
    document.getElementById("lost").hidden = true;
  }

  function change(data) {
    Object.entries(data.sections).forEach(([name, html]) => replace(name, html));
    drop();
    charts.forEach((chart) => { if (chart.node.dataset.panel in data.panels) renew(chart); });
    if (data.sections.findings || Object.keys(data.panels).length) {
      charts.forEach((chart) => { if (!chart.node.dataset.panel) renew(chart); });
    }
    ages();
  }

  function listen() {
    const address = `${body.dataset.events}?lang=${body.dataset.lang}&since=${body.dataset.version}`;
    const source = new EventSource(address);
    const parsed = (event) => { const data = JSON.parse(event.data); found(data); return data; };
    source.addEventListener("pulse", parsed);
    source.addEventListener("trouble", parsed);
    source.addEventListener("change", (event) => change(parsed(event)));
    source.onerror = () => {
      lost(body.dataset.lost);
      // A browser gives up for good on an answer that is not a stream; we do not.
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
    };
    setInterval(() => { if (Date.now() - heard > PULSE_LOST_MS) lost(body.dataset.lost); }, 1000);
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = body.dataset.copied;
  });

  // A mail is shown whole: its frame is as tall as what is in it.
  document.querySelectorAll("iframe[data-fit]").forEach((frame) => {
    const fit = () => {
      const inside = frame.contentDocument;
      if (inside && inside.body) frame.style.height = `${inside.documentElement.scrollHeight + 2}px`;
    };
    frame.addEventListener("load", fit);
    window.addEventListener("resize", fit);
    fit();
  });

  adopt(document);
  ages();
  setInterval(ages, 10000);
  setInterval(() => charts.forEach(renew), RENEW_ALL_MS);
  if (body.dataset.events) listen();
})();
