// Page modules of plugins: each may export `room(page)` and is called once the page has joined.

/** Load the modules that the page names and hand them what they may use. */
export async function loadPlugins(root, page) {
  const urls = JSON.parse(root.dataset.pvModules ?? "[]");
  await Promise.all(
    urls.map(async (url) => {
      try {
        const module = await import(url);
        await module.room?.(page);
      } catch (error) {
        // A broken module costs only itself.
        console.warn(`ppvcms: ${url}`, error);
      }
    }),
  );
}
