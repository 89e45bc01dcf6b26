// Keys, live parts and nothing else: every action works without this file as a plain form.
"use strict";
(() => {
  const REFRESH_MS = 5000;
  const OFF = "homeward-keys-off";

  // Single keys can be switched off, since they get in the way of speech input.
  let keysOn = true;
  try { keysOn = localStorage.getItem(OFF) !== "1"; } catch { /* storage is closed: keys stay on */ }
  const keysBox = document.querySelector("[data-keys]");
  const keysSwitch = document.querySelector("[data-keys-switch]");
  const showKeys = () => {
    keysSwitch.textContent = keysOn ? keysSwitch.dataset.on : keysSwitch.dataset.off;
    keysSwitch.setAttribute("aria-pressed", String(keysOn));
  };
  if (keysBox && keysSwitch) {
    keysBox.hidden = false;
    showKeys();
    keysSwitch.addEventListener("click", () => {
      keysOn = !keysOn;
      try { localStorage.setItem(OFF, keysOn ? "0" : "1"); } catch { /* only for this page then */ }
      showKeys();
    });
  }

  const isTyping = (target) =>
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

  const step = (by) => {
    const links = [...document.querySelectorAll("[data-card] [data-open]")];
    if (!links.length) {
      const next = by > 0 ? document.querySelector("[data-next]") : null;
      if (next) next.click(); else if (by < 0) history.back();
      return;
    }
    const at = links.findIndex((link) => link.closest("[data-card]").contains(document.activeElement));
    const to = links[Math.min(links.length - 1, Math.max(0, at + by))];
    to.focus();
    to.closest("[data-card]").scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("keydown", (event) => {
    if (!keysOn || event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)) return;
    if (event.key === "j") { step(1); event.preventDefault(); return; }
    if (event.key === "k") { step(-1); event.preventDefault(); return; }
    if (event.key === "?") { if (keysBox) { keysBox.classList.add("asked"); keysBox.focus(); } event.preventDefault(); return; }
    const button = /^[1234bz]$/.test(event.key) ? document.querySelector(`[data-key="${event.key}"]`) : null;
    if (button) { button.click(); event.preventDefault(); }
  });

  // Both pictures are looked at in the same way, at once; without this the form asks the server.
  const looks = document.querySelector("[data-look]");
  if (looks) {
    const apply = () => {
      const zoom = Number(looks.elements.zoom.value), light = looks.elements.light.value;
      for (const face of document.querySelectorAll("[data-face]")) {
        const [x, y, wide, high] = face.dataset.face.split(" ").map(Number);
        const part = 1 / zoom;
        face.setAttribute("viewBox", [x + wide / 2 * (1 - part), y + high / 2 * (1 - part), wide * part, high * part].join(" "));
        face.setAttribute("class", `face light-${light}${looks.elements.flip.checked ? " flip" : ""}`);
      }
    };
    looks.querySelector("[data-apply]").hidden = true;
    looks.addEventListener("change", apply);
  }

  for (const slider of document.querySelectorAll("[data-says]")) {
    slider.addEventListener("input", () => { slider.parentElement.querySelector("output").value = slider.value; });
  }

  // The reader's time zone, for the next page.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  if (zone && !/(^|; )homeward_zone=/.test(document.cookie)) {
    document.cookie = `homeward_zone=${zone}; path=/; max-age=31536000; samesite=lax`;
  }

  // A verdict sent twice would only be refused, but the refusal would be in the way.
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.sent) { event.preventDefault(); return; }
    event.target.dataset.sent = "1";
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // Live parts: the page is read again and what changed in it is put in place.
  const parts = document.querySelectorAll("[data-live]");
  if (!parts.length) return;
  const before = new Map([...parts].map((part) => [part.id, part.innerHTML]));
  const refresh = async () => {
    if (document.hidden) return;
    const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-Homeward-Live": "1" }, credentials: "same-origin" });
    if (answer.redirected) { location.reload(); return; }
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of fresh.querySelectorAll("[data-live]")) {
      const held = document.getElementById(part.id);
      if (!held) { if (part.id !== "live-notices") continue; location.reload(); return; }
      if (before.get(part.id) === part.innerHTML || held.contains(document.activeElement)) continue;
      before.set(part.id, part.innerHTML);
      held.replaceChildren(...part.childNodes);
    }
  };
  setInterval(() => { refresh().catch(() => { /* the console is away: the next round tries again */ }); }, REFRESH_MS);
})();
