// Writes what the server says about a draft into the places that wait for it (data-out="...").

const CHECK = "M5 12.5l4.5 4.5L19 7";
const ALERT = "M12 4l9 16H3zM12 10v4M12 17h.01";
const SVG = "http://www.w3.org/2000/svg";

const STOPPED = { phone: "This number asked for no texts", email: "This address asked for no e-mails" };
const SIGNS = { phone: ["No texts", "Can get texts"], email: ["No e-mails", "Can get e-mails"] };

const out = (root, name) => root.querySelector(`[data-out="${name}"]`);

function drawing(path) {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "i");
  svg.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export function signs(root, name, text, isBad) {
  const place = out(root, name);
  place.classList.toggle("bad", isBad);
  place.replaceChildren(...(text ? [drawing(isBad ? ALERT : CHECK), text] : []));
}

function check(text, tone, address) {
  const item = document.createElement("li");
  item.className = tone;
  item.append(drawing(tone ? ALERT : CHECK));
  if (address) {
    const link = document.createElement("a");
    link.href = address;
    link.textContent = text;
    item.append(link);
  } else {
    item.append(text);
  }
  return item;
}

function checks(told) {
  const { customer, text, until } = told;
  const items = [];
  if (customer?.stopped) items.push(check(STOPPED[customer.field], "bad"));
  if (text?.problem) items.push(check(text.problem, "bad"));
  if (told.waits) items.push(check(told.waits, "warn"));
  if (until && !told.blank) items.push(check(until, ""));
  for (const page of customer?.pages ?? []) items.push(check(`Also open: ${page.what} · ${page.state}`, "warn", page.address));
  if (customer?.known && customer.pages.length === 0) items.push(check("No other open page", ""));
  return items;
}

function caption(told) {
  if (told.blank) return "A sample, until the form is filled in.";
  if (told.borrowed.length) return `From the sample so far: ${told.borrowed.join(", ").toLowerCase()}.`;
  return "This is the real page, not a picture.";
}

// The link of a page that does not exist yet is as long as a real one; its characters say nothing, so dots stand for them.
function body(text) {
  if (!text?.body) return ["The text shows here as soon as the form is read."];
  if (text.subject) {
    const subject = document.createElement("b");
    subject.textContent = text.subject;
    return [subject, document.createElement("br"), text.body];
  }
  if (!text.link || !text.body.includes(text.link)) return [text.body];
  const [before, after] = text.body.split(text.link);
  const link = document.createElement("u");
  link.dir = "ltr";
  link.textContent = text.link.replace(/^https?:\/\//, "").replace(/\/[^/]*$/, "/…");
  return [before, link, after];
}

export function say(root, form, told) {
  const { customer, text } = told;
  const name = form.elements.namedItem("name").value.trim();
  out(root, "body").replaceChildren(...body(text));
  out(root, "what").textContent = text?.subject ? "The e-mail" : "The text";
  out(root, "body").lang = form.elements.namedItem("language").value;
  out(root, "meter").textContent = text?.meter ?? "";
  out(root, "warning").textContent = text?.warning ?? "";
  out(root, "warning").hidden = !text?.warning;
  out(root, "checks").replaceChildren(...checks(told));
  out(root, "send").textContent = name ? `Send to ${name.split(/\s+/)[0]}` : "Send";
  out(root, "caption").textContent = caption(told);
  signs(root, "name", customer?.known && customer.name && customer.name === name ? "Matched" : "", false);
  for (const [field, [no, yes]] of Object.entries(SIGNS)) {
    const isIt = customer?.field === field;
    signs(root, field, isIt ? (customer.stopped ? no : yes) : "", isIt && customer.stopped);
  }
}
