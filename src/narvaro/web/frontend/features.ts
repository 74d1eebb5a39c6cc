// What the map shows besides the ground. In: GeoJSON from /map/features/. Out: typed features.

export type FeatureProperties =
  | { layer: "site"; id: string; name: string; code?: string }
  | {
      layer: "aed";
      id: string;
      name: string;
      place?: string;
      state: string;
      state_label?: string;
    }
  | {
      layer: "case";
      id: string;
      number: string;
      priority: number;
      kind_label?: string;
      name?: string;
    }
  | {
      layer: "unit";
      id: string;
      call_sign: string;
      state: string;
      state_label?: string;
      at?: string | null;
      stale?: boolean;
    };
export type Feature = {
  type: "Feature";
  geometry: { type: "Point"; coordinates: [number, number] };
  properties: FeatureProperties;
};
/** A closed road, the way of a unit to a case, or a line that is being drawn. */
export type LineFeature = {
  type: "Feature";
  geometry: { type: "LineString"; coordinates: [number, number][] };
  properties: { layer: "closure" | "way" | "drawn"; id: string; name: string };
};
/** What is reached within a time. */
export type AreaFeature = {
  type: "Feature";
  geometry: { type: "MultiPolygon"; coordinates: [number, number][][][] };
  properties: { layer: "reach"; id: string; name: string; within_s: number };
};
export type FeatureCollection = {
  type: "FeatureCollection";
  features: (Feature | LineFeature | AreaFeature)[];
};

function pointsOf(all: FeatureCollection): Feature[] {
  return all.features.filter((feature): feature is Feature => feature.geometry.type === "Point");
}

/** The lines, in the order they came. */
export function linesOf(all: FeatureCollection): LineFeature[] {
  return all.features.filter(
    (feature): feature is LineFeature => feature.geometry.type === "LineString",
  );
}

/** The areas, in the order they came. */
export function areasOf(all: FeatureCollection): AreaFeature[] {
  return all.features.filter(
    (feature): feature is AreaFeature => feature.geometry.type === "MultiPolygon",
  );
}

/** The features of one layer, in the order they came. */
export function inLayer<L extends FeatureProperties["layer"]>(
  all: FeatureCollection,
  layer: L,
): (Feature & { properties: Extract<FeatureProperties, { layer: L }> })[] {
  return pointsOf(all).filter(
    (feature): feature is Feature & { properties: Extract<FeatureProperties, { layer: L }> } =>
      feature.properties.layer === layer,
  );
}

/** West, south, east, north of all cases and units (else of all features); null when there are none. */
export function boundsOf(all: FeatureCollection): [number, number, number, number] | null {
  const points = pointsOf(all);
  const moving = points.filter(({ properties }) => !["site", "aed"].includes(properties.layer));
  const chosen = moving.length > 0 ? moving : points;
  if (chosen.length === 0) return null;
  const lons = chosen.map((feature) => feature.geometry.coordinates[0]);
  const lats = chosen.map((feature) => feature.geometry.coordinates[1]);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}
