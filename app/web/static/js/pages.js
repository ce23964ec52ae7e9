// The playbook keeps the keyboard where it was after a choice was swapped in.

document.addEventListener("htmx:afterSwap", (event) => {
  const button = event.detail.target.isConnected ? null : document.querySelector(".topic [autofocus]");
  if (button) button.focus({ preventScroll: true });
});
