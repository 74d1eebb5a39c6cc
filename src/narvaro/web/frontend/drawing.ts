// Draw a line across a road. In: clicks on the map, or Enter at its middle. Out: two inputs, a line.
import type { Map as GroundMap } from "maplibre-gl";
import type { LineFeature } from "./features.ts";

const DIGITS = 6;

/** What a person has typed or clicked, as longitude and latitude; null where it is no place. */
export function readPlace(text: string): [number, number] | null {
  const [lat, lon, ...rest] = text.split(",").map((part) => Number(part.trim() || "x"));
  if (lat === undefined || lon === undefined || rest.length > 0) return null;
  if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 180)) return null;
  return [lon, lat];
}

export class Drawing {
  readonly #map: GroundMap;
  readonly #inputs: HTMLInputElement[];
  readonly #anew: HTMLElement | null;

  private constructor(around: Element, map: GroundMap) {
    this.#map = map;
    this.#inputs = [...around.querySelectorAll<HTMLInputElement>("[data-drawn]")];
    this.#anew = around.querySelector("[data-draw-anew]");
  }

  /** A drawing for a map that stands in a form's [data-draws]; null elsewhere. */
  static of(root: HTMLElement, map: GroundMap): Drawing | null {
    const around = root.closest("[data-draws]");
    return around ? new Drawing(around, map) : null;
  }

  start(show: (drawn: LineFeature[]) => void): void {
    const tell = () => show(this.#lines());
    const set = (lon: number, lat: number) => {
      const next = this.#inputs.find((input) => !input.value) ?? this.#inputs.at(-1);
      if (next) next.value = `${lat.toFixed(DIGITS)},${lon.toFixed(DIGITS)}`;
      tell();
    };
    const canvas = this.#map.getCanvas();
    canvas.style.cursor = "crosshair";
    this.#map.on("click", (event) => set(event.lngLat.lng, event.lngLat.lat));
    canvas.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      const middle = this.#map.getCenter();
      set(middle.lng, middle.lat);
    });
    for (const input of this.#inputs) input.addEventListener("input", tell);
    this.#anew?.addEventListener("click", () => {
      for (const input of this.#inputs) input.value = "";
      tell();
    });
    tell();
  }

  #lines(): LineFeature[] {
    const ends = this.#inputs.map((input) => readPlace(input.value));
    const [a, b] = ends.filter((end) => end !== null);
    if (!a) return [];
    const dot: [number, number] = [a[0] + 0.00002, a[1]];
    return [
      {
        type: "Feature",
        geometry: { type: "LineString", coordinates: [a, b ?? dot] },
        properties: { layer: "drawn", id: "drawn", name: "" },
      },
    ];
  }
}
