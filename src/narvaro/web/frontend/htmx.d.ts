// What we use of htmx 4, which the page loads before these modules.
declare const htmx: {
  ajax(
    verb: "GET",
    path: string,
    context: {
      target: string;
      source?: string;
      swap: string;
      fetch?: (url: string, request: RequestInit) => Promise<Response>;
      current?: () => boolean;
    },
  ): Promise<void>;
};
