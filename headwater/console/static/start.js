// Before anything is painted: the theme that was chosen, else the system's.
const chosen = localStorage.getItem("headwater.theme");
if (chosen) document.documentElement.dataset.theme = chosen;
