// The map island. In: [data-map] with tiles and features. Out: a map, and the same as a list.
// The map never moves by itself once a person has moved it; a button brings everything back in.
import {
  AttributionControl,
  type GeoJSONSource,
  Map as GroundMap,
  type LngLatBoundsLike,
  Marker,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
  type VectorTileSource,
} from "maplibre-gl";
import { Drawing } from "./drawing.ts";
import {
  type AreaFeature,
  areasOf,
  boundsOf,
  type Feature,
  type FeatureCollection,
  inLayer,
  type LineFeature,
  linesOf,
} from "./features.ts";
import { makeStyle, type Tiles, tokenColours } from "./mapstyle.ts";
import { tick } from "./time.ts";

type AllPaintProperties = Parameters<GroundMap["setPaintProperty"]>[1];

const REFRESH_MS = 10_000;
const nothing: FeatureCollection = { type: "FeatureCollection", features: [] };

function readTiles(root: HTMLElement): Tiles | null {
  const { tiles, bounds, minZoom, maxZoom } = root.dataset;
  if (!tiles || !bounds) return null;
  return {
    url: location.origin + tiles,
    bounds: bounds.split(",").map(Number) as Tiles["bounds"],
    minzoom: Number(minZoom),
    maxzoom: Number(maxZoom),
  };
}

function span(className: string, text: string): HTMLSpanElement {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}

function ageOf(at: string): HTMLTimeElement {
  const time = document.createElement("time");
  time.dateTime = at;
  time.dataset.tick = "age";
  return time;
}

/** What a case or a unit says on the map and in the list: text always, colour besides. */
function fill(element: HTMLElement, feature: Feature): void {
  const p = feature.properties;
  const parts: Node[] = [];
  if (p.layer === "case") parts.push(span("mark-letter", `P${p.priority}`), span("", p.number));
  if (p.layer === "unit") parts.push(span("mark-name", p.call_sign));
  if (p.layer === "unit" && p.at) parts.push(ageOf(p.at));
  element.replaceChildren(...parts);
  element.dataset.mark = p.layer;
  if (p.layer === "case") element.dataset.priority = String(p.priority);
  if (p.layer === "unit") element.dataset.state = p.state;
  if (p.layer === "unit") element.toggleAttribute("data-stale", p.stale === true);
}

const reachUrl = (): string =>
  document.querySelector<HTMLElement>("[data-reach-url]")?.dataset.reachUrl ?? "";

class MapIsland {
  #features = nothing;
  #tag = "";
  #moved = false;
  #groundLost = false;
  readonly #root: HTMLElement;
  readonly #map: GroundMap;
  readonly #tiles: Tiles | null;
  readonly #markers = new Map<string, Marker>();
  readonly #colour = tokenColours();
  #wayTo = "";
  #way: LineFeature[] = [];
  #drawn: LineFeature[] = [];
  #reach: AreaFeature[] = [];
  #repaint = false;

  constructor(root: HTMLElement, canvas: HTMLElement) {
    this.#root = root;
    this.#tiles = readTiles(root);
    setWorkerUrl(new URL(root.dataset.worker ?? "", location.href).href);
    this.#map = new GroundMap({
      container: canvas,
      style: makeStyle(this.#colour, this.#tiles),
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      maxZoom: 18,
      locale: JSON.parse(root.dataset.locale ?? "{}") as Record<string, string>,
      ...(this.#tiles && { bounds: this.#tiles.bounds as LngLatBoundsLike }),
    });
    this.#map.touchZoomRotate.disableRotation();
    this.#map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.#map.addControl(new ScaleControl(), "bottom-left");
    const customAttribution = root.dataset.attribution ?? "";
    this.#map.addControl(new AttributionControl({ compact: false, customAttribution }));
  }

  start(): void {
    this.#map.on("movestart", (event) => {
      if (event.originalEvent) this.#setMoved(true);
    });
    this.#root.querySelector("[data-fit]")?.addEventListener("click", () => this.#fit());
    this.#map.on("load", () => {
      this.#root.dataset.ready = "";
      if (this.#repaint) this.#recolour();
      this.#showSites();
      this.#showLines();
    });
    this.#wayTo = document.getElementById("case")?.dataset.case ?? "";
    document.body.addEventListener("narvaro:case", (event) => {
      this.#wayTo = (event as CustomEvent<string>).detail;
      void this.#showWay();
    });
    document.body.addEventListener("narvaro:reach", () => void this.#showReach());
    const drawing = Drawing.of(this.#root, this.#map);
    drawing?.start((drawn) => {
      this.#drawn = drawn;
      this.#showLines();
    });
    this.#map.on("error", () => {
      this.#groundLost = true; // the page shows in words that the map is old
      this.#root.dataset.stale = "";
    });
    this.#map.on("idle", () => {
      this.#root.dataset.idle = String(Math.round(performance.now()));
    });
    document.body.addEventListener("narvaro:theme", () => this.#recolour());
    document.body.addEventListener("narvaro:settled", () => void this.#refresh());
    setInterval(() => void this.#refresh(), REFRESH_MS);
    void this.#refresh();
  }

  /** Fetch the features where they have changed; false where they have not. */
  async #fetchFeatures(): Promise<boolean> {
    const known: Record<string, string> = this.#tag ? { "If-None-Match": this.#tag } : {};
    const answer = await fetch(this.#root.dataset.features ?? "", {
      headers: { Accept: "application/geo+json", ...known },
    });
    if (answer.status === 304) return false;
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    this.#features = (await answer.json()) as FeatureCollection;
    this.#tag = answer.headers.get("ETag") ?? "";
    return true;
  }

  async #refresh(): Promise<void> {
    if (this.#wayTo) void this.#showWay();
    if (reachUrl()) void this.#showReach();
    try {
      const fresh = await this.#fetchFeatures();
      this.#refetchGround();
      delete this.#root.dataset.stale;
      if (!fresh) return;
    } catch {
      this.#root.dataset.stale = ""; // the page shows in words that the map is old
      return;
    }
    this.#showSites();
    this.#showLines();
    this.#showMarkers();
    this.#showList();
    if (!this.#moved) this.#fit();
    tick();
  }

  /** Tiles that failed are not asked for again by the library itself. */
  #refetchGround(): void {
    if (!this.#groundLost || !this.#tiles) return;
    this.#groundLost = false;
    this.#map.getSource<VectorTileSource>("ground")?.setTiles([this.#tiles.url]);
  }

  #showSites(): void {
    const source = this.#map.getSource<GeoJSONSource>("sites");
    const features = [...inLayer(this.#features, "site"), ...inLayer(this.#features, "aed")];
    source?.setData({ type: "FeatureCollection", features });
  }

  #showLines(): void {
    const source = this.#map.getSource<GeoJSONSource>("lines");
    const features = [...this.#reach, ...linesOf(this.#features), ...this.#way, ...this.#drawn];
    source?.setData({ type: "FeatureCollection", features });
  }

  /** Draw what the panel beside the map lists as reached; nothing while it lists nothing. */
  async #showReach(): Promise<void> {
    const url = reachUrl();
    let reach: AreaFeature[] = [];
    try {
      const answer = url ? await fetch(url, { headers: { Accept: "application/geo+json" } }) : null;
      if (answer?.ok && !answer.redirected)
        reach = areasOf((await answer.json()) as FeatureCollection);
    } catch {
      this.#root.dataset.stale = ""; // the page shows in words that the map is old
    }
    if (url !== reachUrl()) return; // another was chosen meanwhile
    this.#reach = reach;
    this.#root.toggleAttribute("data-reach-drawn", reach.length > 0);
    this.#showLines();
  }

  /** Draw the way to the open case; none while no case is open. */
  async #showWay(): Promise<void> {
    const id = this.#wayTo;
    let way: LineFeature[] = [];
    try {
      const answer = id ? await fetch(`/console/cases/${id}/way/`) : null;
      if (answer?.ok && !answer.redirected)
        way = linesOf((await answer.json()) as FeatureCollection);
    } catch {
      this.#root.dataset.stale = ""; // the page shows in words that the map is old
    }
    if (id !== this.#wayTo) return; // another case was opened meanwhile
    this.#way = way;
    this.#showLines();
  }

  #showMarkers(): void {
    const shown = [...inLayer(this.#features, "unit"), ...inLayer(this.#features, "case")];
    const ids = new Set(shown.map((feature) => feature.properties.id));
    for (const [id, marker] of this.#markers) {
      if (ids.has(id)) continue;
      marker.remove();
      this.#markers.delete(id);
    }
    for (const feature of shown) this.#placeMarker(feature);
  }

  #placeMarker(feature: Feature): void {
    const { id, layer } = feature.properties;
    const old = this.#markers.get(id);
    const marker = old ?? new Marker({ element: document.createElement("div"), anchor: "bottom" });
    const element = marker.getElement();
    fill(element, feature);
    marker.setLngLat(feature.geometry.coordinates);
    if (old) return;
    marker.addTo(this.#map);
    element.classList.add("mark");
    element.ariaHidden = "true"; // the lists say the same to those who do not see the map
    element.removeAttribute("tabindex");
    if (layer === "case") element.addEventListener("click", () => this.#open(id));
    this.#markers.set(id, marker);
  }

  #open(id: string): void {
    document.body.dispatchEvent(new CustomEvent("narvaro:open", { detail: id }));
  }

  #showList(): void {
    const closed = this.#root.querySelector("[data-map-list='closure']");
    closed?.replaceChildren(
      ...linesOf(this.#features).map((line) => {
        const item = document.createElement("li");
        item.textContent = line.properties.name;
        return item;
      }),
    );
    for (const list of this.#root.querySelectorAll<HTMLElement>("[data-map-list]")) {
      if (list === closed) continue;
      const layer = list.dataset.mapList as "site" | "aed" | "case" | "unit";
      list.replaceChildren(
        ...inLayer(this.#features, layer).map((feature) => {
          const item = document.createElement("li");
          const p = feature.properties;
          if (p.layer === "site") item.textContent = p.name;
          else if (p.layer === "aed") item.append(span("", p.name), span("", p.state_label ?? ""));
          else fill(item, feature);
          if (p.layer === "case") item.append(span("", p.kind_label ?? ""), span("", p.name ?? ""));
          if (p.layer === "unit") item.append(span("", p.state_label ?? ""));
          return item;
        }),
      );
    }
  }

  #fit(): void {
    const bounds = boundsOf(this.#features) ?? this.#tiles?.bounds;
    this.#setMoved(false);
    if (!bounds) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#map.fitBounds(bounds, { padding: 56, maxZoom: 15, animate: !still, duration: 400 });
  }

  #setMoved(moved: boolean): void {
    this.#moved = moved;
    this.#root.toggleAttribute("data-moved", moved);
  }

  #recolour(): void {
    this.#repaint = this.#root.dataset.ready === undefined; // a style that loads takes no colours yet
    if (this.#repaint) return;
    delete this.#root.dataset.idle;
    for (const layer of makeStyle(this.#colour, this.#tiles).layers) {
      for (const [name, value] of Object.entries(layer.paint ?? {}))
        this.#map.setPaintProperty(layer.id, name as AllPaintProperties, value);
    }
  }
}

const root = document.querySelector<HTMLElement>("[data-map]");
const canvas = root?.querySelector<HTMLElement>("[data-map-canvas]");
if (root && canvas) new MapIsland(root, canvas).start();
