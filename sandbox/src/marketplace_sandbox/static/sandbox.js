/* Forms speak JSON to the control API; parts of the page follow the state as it changes. */
"use strict";

const toast = document.getElementById("toast");
let hideToast;

function say(text, bad) {
  toast.textContent = text;
  toast.className = bad ? "show bad" : "show";
  clearTimeout(hideToast);
  hideToast = setTimeout(() => (toast.className = ""), bad ? 6000 : 2200);
}

/* "lines.0.amount" with a value → nested objects and lists */
function place(target, path, value) {
  const keys = path.split(".");
  keys.slice(0, -1).forEach((key, index) => {
    const next = /^\d+$/.test(keys[index + 1]) ? [] : {};
    target = target[key] ??= next;
  });
  target[keys[keys.length - 1]] = value;
}

function valueOf(field) {
  if (field.type === "checkbox") return field.checked;
  if (field.type === "number" || field.dataset.type === "number") return Number(field.value);
  if (field.dataset.type === "json") return JSON.parse(field.value);
  return field.value;
}

/* Empty fields and unticked boxes with data-optional are left out; lists lose their gaps. */
function bodyOf(form, submitter) {
  const body = form.dataset.body ? JSON.parse(form.dataset.body) : {};
  for (const field of form.elements) {
    if (!field.name || field.disabled || field.type === "submit") continue;
    if (field.type === "radio" && !field.checked) continue;
    if (field.type !== "checkbox" && field.value === "" && !field.dataset.empty) continue;
    if (field.type === "checkbox" && !field.checked && field.dataset.optional !== undefined) continue;
    place(body, field.name, valueOf(field));
  }
  if (submitter && submitter.name) place(body, submitter.name, submitter.value);
  for (const key of Object.keys(body)) {
    if (Array.isArray(body[key])) {
      body[key] = body[key].filter((item) => item && (item.cancelled || item.amount || item.price || item.sku));
      if (!body[key].length && form.dataset.dropEmptyLists !== undefined) delete body[key];
    }
  }
  return body;
}

async function send(method, url, body) {
  const options = { method, headers: { "Content-Type": "application/json" } };
  if (body !== undefined) options.body = JSON.stringify(body);
  const answer = await fetch(url, options);
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error([data.error, data.details].filter(Boolean).join(": ") || answer.statusText);
  return data;
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.api) return;
  event.preventDefault();
  const [method, url] = form.dataset.api.split(" ");
  try {
    const data = await send(method, url, method === "DELETE" ? undefined : bodyOf(form, event.submitter));
    say(form.dataset.done || "Done");
    document.activeElement?.blur();
    if (form.dataset.goto) location.href = form.dataset.goto.replace("{id}", encodeURIComponent(data.hashed_id ?? data.id));
    else await refresh();
  } catch (error) {
    say(error.message, true);
  }
});

/* === following the state === */

let revision = Number(document.body.dataset.revision);

function texts(part) {
  const found = new Map();
  part.querySelectorAll("[data-key]").forEach((item) => found.set(item.dataset.key, item.textContent + (item.value ?? "")));
  return found;
}

function busy(part) {
  const focus = document.activeElement;
  return part.contains(focus) && /^(INPUT|SELECT|TEXTAREA)$/.test(focus.tagName);
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  revision = Number(page.body.dataset.revision);
  document.querySelectorAll("[data-part]").forEach((part) => {
    const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!fresh || busy(part) || fresh.innerHTML === part.dataset.seen) return;
    const open = [...part.querySelectorAll("details[id][open]")].map((item) => item.id);
    const before = texts(part);
    part.innerHTML = fresh.innerHTML;
    part.dataset.seen = fresh.innerHTML;
    open.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
    part.querySelectorAll("[data-key]").forEach((item) => {
      const old = before.get(item.dataset.key);
      if (before.size && old !== item.textContent + (item.value ?? "")) item.classList.add("flash");
    });
  });
}

async function follow() {
  document.querySelectorAll("[data-part]").forEach((part) => (part.dataset.seen = part.innerHTML));
  const pulse = document.getElementById("pulse");
  for (;;) {
    try {
      const answer = await fetch(`/_control/changes?since=${revision}&timeout=25`);
      const news = await answer.json();
      pulse.className = "chip good";
      if (news.changed) {
        await refresh();
        await new Promise((done) => setTimeout(done, 350));
      }
    } catch {
      pulse.className = "chip bad";
      await new Promise((done) => setTimeout(done, 1500));
    }
  }
}

/* Only while somebody looks, and after the page has been shown. */
addEventListener("load", () => setTimeout(follow, 200));
