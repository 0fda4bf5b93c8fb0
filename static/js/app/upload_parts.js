// One photo on its way: in parts, from wherever the server says that it is.
export const FIRST_PAUSE = 2e3;
const LEAST_PART = 16384;

// The words for why a photo is not taken.
export const WHY = {
  too_large: "upload_too_large",
  pdf: "upload_pdf",
  empty: "upload_not_photo",
  unknown_kind: "upload_not_photo",
  too_many: "upload_too_many",
  too_many_pixels: "upload_too_many_pixels",
  broken: "upload_unreadable",
  too_hard: "upload_unreadable",
  lost: "upload_unreadable",
};

export const ask = async (address, options) => {
  const reply = await fetch(address, { headers: { Accept: "application/json" }, cache: "no-store", ...options });
  const said = reply.status == 204 ? {} : await reply.json();
  if (reply.ok) return said;
  throw { status: reply.status, code: said.code };
};

export const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time));

// Where one upload is; what is behind the question mark says for which answer.
export const at = (item, more) => item.box.place.replace("?", "/" + item.id + "?") + more;

const knows = async (item) => {
  item.id = item.id || sessionStorage[item.key];
  if (!item.id) return;
  return ask(at(item, "")).catch((error) => {
    if (error.status != 404) throw error;
    delete sessionStorage[item.key];
    item.id = "";
  });
};

const begin = (item) =>
  ask(item.box.place, {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json" },
    body: JSON.stringify({ size: item.size }),
  });

// One part after the other; `moved` is told of each. Gives what the server says at last, nothing if it knows nothing.
export const carry = async (item, moved) => {
  let said = (await knows(item)) || (item.file ? await begin(item) : 0);
  if (!said) return;
  item.id = said.id;
  item.size = said.size;
  sessionStorage[item.key] = said.id;
  while (said.state == "coming" && item.file && !item.isGone) {
    item.offset = said.offset;
    moved(item);
    const part = item.file.slice(said.offset, said.offset + Math.min(said.part, item.part));
    said = await ask(at(item, "&offset=" + said.offset), { method: "POST", body: part }).catch((error) => {
      // Too slow for the server: half as much comes through where this did not.
      if (error.status == 408) item.part = Math.max(LEAST_PART, part.size >> 1);
      if (error.status != 409) throw error;
      return ask(at(item, ""));
    });
    item.pause = FIRST_PAUSE;
  }
  return said;
};
