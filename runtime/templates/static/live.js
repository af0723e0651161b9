// Pages work without this. With it they show times of this place, and stay up to date.
"use strict";

(() => {
  const main = document.getElementById("main");
  // What the server last sent of each part.
  const sources = new Map();

  const localise = (root) => {
    for (const time of root.querySelectorAll("time[datetime]")) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      const text = at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
      if ("local" in time.dataset) {
        time.title = time.textContent;
        time.textContent = text;
      } else {
        time.title = text;
      }
    }
  };

  // A part in which somebody has begun to write stays as it is, unless there is nothing to answer any more.
  const inUse = (part) => {
    const fields = [...part.querySelectorAll("textarea, input:not([type=hidden]), select")];
    return fields.some((field) => field === document.activeElement || field.value !== (field.defaultValue ?? ""));
  };

  const refresh = async () => {
    const answer = await fetch(location.href, { headers: { accept: "text/html" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const fresh = next.getElementById(part.id);
      if (!fresh || fresh.innerHTML === sources.get(part)) continue;
      if (inUse(part) && fresh.querySelector("form")) continue;
      const source = fresh.innerHTML;
      part.replaceChildren(...fresh.childNodes);
      sources.set(part, source);
      localise(part);
    }
    document.title = next.title;
  };

  let waiting = 0;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => refresh().catch(() => {}), 250);
  };

  // Only a page that somebody looks at holds a connection: browsers allow few of them.
  const follow = (url) => {
    let source = null;
    const look = () => {
      if (document.hidden) {
        source?.close();
        source = null;
      } else if (!source) {
        source = new EventSource(url);
        source.addEventListener("transition", soon);
        source.addEventListener("end", () => { source.close(); soon(); });
      }
    };
    document.addEventListener("visibilitychange", look);
    look();
  };

  // What the server sent is not drawn again as long as it stays the same.
  for (const part of document.querySelectorAll("[data-live]")) sources.set(part, part.innerHTML);
  localise(document);
  if (main.dataset.events) follow(main.dataset.events);
  if ("poll" in main.dataset) setInterval(() => { if (!document.hidden) soon(); }, 10000);
})();
