// Sets the colour scheme before the first paint. In: the kept choice. Out: data-theme on <html>.
import { readChoice } from "./store.ts";

const theme = readChoice("theme");
if (theme) document.documentElement.dataset.theme = theme;
