// The ground's look. In: colours from the design tokens, the tiles' address. Out: a MapLibre style.
import type { LayerSpecification, StyleSpecification } from "maplibre-gl";

export type Colour = (token: string) => string;
export type Tiles = {
  url: string;
  bounds: [number, number, number, number];
  minzoom: number;
  maxzoom: number;
};

const big = ["motorway", "trunk", "primary", "motorway_link", "trunk_link", "primary_link"];
const middle = ["secondary", "tertiary", "secondary_link", "tertiary_link"];

/** Read the design tokens as plain colours, as the browser resolves them now. */
export function tokenColours(): Colour {
  const probe = document.body.appendChild(document.createElement("span"));
  probe.hidden = true;
  return (token) => {
    probe.style.color = `var(--map-${token})`;
    return getComputedStyle(probe).color;
  };
}

function roadLayers(colour: Colour): LayerSpecification[] {
  const road = (
    id: string,
    filter: unknown,
    token: string,
    widths: [number, number],
  ): LayerSpecification =>
    ({
      id,
      type: "line",
      source: "ground",
      "source-layer": "roads",
      filter,
      layout: { "line-cap": "round", "line-join": "round" },
      paint: {
        "line-color": colour(token),
        "line-width": ["interpolate", ["exponential", 1.6], ["zoom"], 11, widths[0], 17, widths[1]],
      },
    }) as LayerSpecification;
  const kind = ["get", "class"];
  return [
    road("roads-small", ["!", ["in", kind, ["literal", [...big, ...middle]]]], "road", [0.5, 9]),
    road("roads-middle", ["in", kind, ["literal", middle]], "road-middle", [1.2, 12]),
    road("roads-big", ["in", kind, ["literal", big]], "road-big", [2, 15]),
  ];
}

function labels(colour: Colour): LayerSpecification[] {
  const text = { "text-color": colour("label"), "text-halo-color": colour("halo") };
  return [
    {
      id: "road-names",
      type: "symbol",
      source: "ground",
      "source-layer": "roads",
      minzoom: 14.5,
      filter: ["has", "name"],
      layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-size": 11 },
      paint: { ...text, "text-halo-width": 1.4 },
    },
    {
      id: "place-names",
      type: "symbol",
      source: "ground",
      "source-layer": "places",
      maxzoom: 15,
      layout: { "text-field": ["get", "name"], "text-size": 13, "text-letter-spacing": 0.06 },
      paint: { ...text, "text-halo-width": 1.6 },
    },
  ];
}

function lineLayers(colour: Colour): LayerSpecification[] {
  const line = (layer: string, token: string, width: number, dashes?: number[]) =>
    ({
      id: `line-${layer}`,
      type: "line",
      source: "lines",
      filter: ["==", ["get", "layer"], layer],
      layout: { "line-cap": dashes ? "butt" : "round", "line-join": "round" },
      paint: {
        "line-color": colour(token),
        "line-width": width,
        ...(dashes && { "line-dasharray": dashes }),
      },
    }) as LayerSpecification;
  return [
    {
      id: "area-reach",
      type: "fill",
      source: "lines",
      filter: ["==", ["get", "layer"], "reach"],
      paint: { "fill-color": colour("reach"), "fill-opacity": 0.12 },
    } satisfies LayerSpecification,
    { ...line("reach", "halo", 5), id: "line-reach-halo" },
    line("reach", "reach", 2.5, [4, 1.5, 1, 1.5]),
    line("way", "way", 5),
    line("closure", "closure", 8),
    line("drawn", "closure", 6, [1, 0.6]),
  ];
}

/** An AED is a ring, faint while nobody gets at it; a site is a dot. */
function aedLayer(colour: Colour): LayerSpecification {
  return {
    id: "aeds",
    type: "circle",
    source: "sites",
    filter: ["==", ["get", "layer"], "aed"],
    paint: {
      "circle-color": colour("halo"),
      "circle-stroke-color": colour("aed"),
      "circle-stroke-width": 2.5,
      "circle-stroke-opacity": ["case", ["==", ["get", "state"], "ready"], 1, 0.45],
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 11, 2, 16, 5],
    },
  };
}

function siteLayers(colour: Colour): LayerSpecification[] {
  return [
    {
      id: "sites",
      type: "circle",
      source: "sites",
      filter: ["==", ["get", "layer"], "site"],
      paint: {
        "circle-color": colour("site"),
        "circle-stroke-color": colour("halo"),
        "circle-stroke-width": 1,
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 11, 1.6, 16, 5],
      },
    },
    {
      id: "site-names",
      type: "symbol",
      source: "sites",
      minzoom: 14.5,
      layout: {
        "text-field": ["get", "name"],
        "text-size": 11,
        "text-offset": [0, 0.8],
        "text-anchor": "top",
        "text-optional": true,
      },
      paint: {
        "text-color": colour("site"),
        "text-halo-color": colour("halo"),
        "text-halo-width": 1.4,
      },
    },
  ];
}

function groundLayers(colour: Colour): LayerSpecification[] {
  const area = (id: string, token: string): LayerSpecification => ({
    id,
    type: "fill",
    source: "ground",
    "source-layer": id,
    paint: { "fill-color": colour(token) },
  });
  return [
    area("green", "green"),
    area("water", "water"),
    { ...area("buildings", "building"), minzoom: 13 } as LayerSpecification,
    {
      id: "paths",
      type: "line",
      source: "ground",
      "source-layer": "paths",
      minzoom: 13.5,
      paint: { "line-color": colour("path"), "line-width": 1, "line-dasharray": [2, 1.5] },
    },
    ...roadLayers(colour),
    {
      id: "boundary",
      type: "line",
      source: "ground",
      "source-layer": "boundary",
      paint: { "line-color": colour("boundary"), "line-width": 1.2, "line-dasharray": [5, 3] },
    },
  ];
}

/** Make the whole style; without tiles an empty ground with the sites on it. */
export function makeStyle(colour: Colour, tiles: Tiles | null): StyleSpecification {
  const ground: LayerSpecification[] = tiles ? groundLayers(colour) : [];
  return {
    version: 8,
    sources: {
      ...(tiles && {
        ground: {
          type: "vector" as const,
          tiles: [tiles.url],
          bounds: tiles.bounds,
          minzoom: tiles.minzoom,
          maxzoom: tiles.maxzoom,
        },
      }),
      sites: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
      lines: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
    },
    layers: [
      { id: "land", type: "background", paint: { "background-color": colour("land") } },
      ...ground,
      ...(tiles ? labels(colour) : []),
      ...lineLayers(colour),
      ...siteLayers(colour),
      aedLayer(colour),
    ],
  };
}
