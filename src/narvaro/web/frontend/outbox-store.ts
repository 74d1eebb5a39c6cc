// Where the outbox lies: IndexedDB, which keeps photos too. In: kept forms. Out: the same after a reload.
import type { Kept, Store } from "./outbox.ts";

const DATABASE = "narvaro-outbox";
const TABLE = "kept";

function open(): Promise<IDBDatabase> {
  return new Promise((done, fail) => {
    const asked = indexedDB.open(DATABASE, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(TABLE, { keyPath: "id" });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
}

async function run<T>(
  mode: IDBTransactionMode,
  act: (table: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await open();
  try {
    return await new Promise((done, fail) => {
      const doing = database.transaction(TABLE, mode);
      const asked = act(doing.objectStore(TABLE));
      doing.oncomplete = () => done(asked.result);
      doing.onerror = () => fail(doing.error);
      doing.onabort = () => fail(doing.error);
    });
  } finally {
    database.close();
  }
}

export const browserStore: Store = {
  list: () => run("readonly", (table) => table.getAll() as IDBRequest<Kept[]>),
  put: async (kept) => void (await run("readwrite", (table) => table.put(kept))),
  drop: async (id) => void (await run("readwrite", (table) => table.delete(id))),
};
