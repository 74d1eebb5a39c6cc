// What the map takes out of its GeoJSON.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AreaFeature,
  areasOf,
  boundsOf,
  type Feature,
  type FeatureCollection,
  inLayer,
  linesOf,
} from "./features.ts";
import { makeStyle } from "./mapstyle.ts";

const at = (lon: number, lat: number, properties: Feature["properties"]): Feature => ({
  type: "Feature",
  geometry: { type: "Point", coordinates: [lon, lat] },
  properties,
});
const all: FeatureCollection = {
  type: "FeatureCollection",
  features: [
    at(10, 50, { layer: "site", id: "s", name: "Trasten skola" }),
    at(17.6, 59.2, { layer: "case", id: "c", number: "1042", priority: 1 }),
    at(17.4, 59.3, { layer: "unit", id: "u", call_sign: "V1", state: "available" }),
  ],
};

test("bounds are those of cases and units; sites only when there is nothing else", () => {
  assert.deepEqual(boundsOf(all), [17.4, 59.2, 17.6, 59.3]);
  assert.deepEqual(boundsOf({ ...all, features: inLayer(all, "site") }), [10, 50, 10, 50]);
  assert.equal(boundsOf({ ...all, features: [] }), null);
});

test("what is reached is an area: no line, no point, and nothing to fit the map to", () => {
  const area: AreaFeature = {
    type: "Feature",
    geometry: { type: "MultiPolygon", coordinates: [] },
    properties: { layer: "reach", id: "unit-u", name: "V1", within_s: 300 },
  };
  const both: FeatureCollection = { ...all, features: [area, ...all.features] };
  assert.deepEqual(areasOf(both), [area]);
  assert.deepEqual(areasOf(all), []);
  assert.deepEqual(linesOf(both), []);
  assert.deepEqual(boundsOf(both), boundsOf(all));
});

test("the style asks for no outside file and has each ground layer once", () => {
  const tiles = {
    url: "/t/{z}/{x}/{y}.mvt",
    bounds: [0, 0, 1, 1] as [number, number, number, number],
    minzoom: 8,
    maxzoom: 15,
  };
  const style = makeStyle(() => "#000000", tiles);
  assert.equal(style.glyphs, undefined);
  assert.equal(style.sprite, undefined);
  const ids = style.layers.map((layer) => layer.id);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(makeStyle(() => "#000000", null).sources.ground, undefined);
});
