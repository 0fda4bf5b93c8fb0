// The picture of a fact: uploaded as soon as it is chosen, so that the form and the phone beside it have it at once.

import { postForJson } from "./net.js";

const NOT_TAKEN = "It was not taken: choose a JPEG or PNG of at most 10 MB.";

export function start(line) {
  const kept = line.querySelector("[type=hidden]");
  const file = line.querySelector("[type=file]");
  const none = line.querySelector("[type=checkbox]");
  const shown = line.querySelector("[data-out=picture]");
  const said = line.querySelector("[data-out=said]");

  // What the hidden field holds is what is shown: it is filled by a sample, too.
  function show() {
    const address = kept.value ? `${line.dataset.address}/${kept.value}` : "";
    if (address && shown.getAttribute("src") !== address) shown.src = address;
    shown.hidden = !address || none.checked;
    none.parentElement.hidden = !address;
  }

  async function upload() {
    const body = new FormData();
    body.append("picture", file.files[0]);
    said.textContent = "Uploading …";
    try {
      const told = await postForJson(line.dataset.address, body);
      kept.value = told.id;
      none.checked = false;
      said.textContent = "";
    } catch (error) {
      said.textContent = NOT_TAKEN;
    }
    file.value = ""; // Until now it would have come with the form, had somebody sent that meanwhile.
    kept.dispatchEvent(new Event("input", { bubbles: true }));
  }

  file.addEventListener("change", (event) => {
    event.stopPropagation();
    if (file.files.length) upload();
  });
  file.addEventListener("input", (event) => event.stopPropagation());
  line.closest("form").addEventListener("input", show);
}
