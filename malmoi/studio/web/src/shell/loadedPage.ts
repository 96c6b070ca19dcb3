import { isServerThere } from '../api/connection'

/** The file of a page could not be loaded: the server is away, or it has been replaced by a newer version. */
export class PageFileError extends Error {}

const RELOADED = 'malmoi.reloaded_for'

/**
 * Loads the file of a page. Where that fails though the server is there, this tab is older than the server: the whole
 * studio is loaded anew, once for an address. A second failure is an error, so there is never a loop.
 */
export function loadedPage<T>(load: () => Promise<T>): () => Promise<T> {
  return async () => {
    try {
      const page = await load()
      forgetReload()
      return page
    } catch (error) {
      if ((await isServerThere()) && reloadOnce()) return new Promise<T>(() => {}) // the page is about to go
      // Not the browser's own sentence: the router would know it, and load the studio anew though no server is there.
      throw new PageFileError(`the file of this page is not there: ${String(error)}`)
    }
  }
}

/** Loads the studio anew unless this address was loaded anew already; says whether it does. */
export function reloadOnce(): boolean {
  try {
    if (sessionStorage.getItem(RELOADED) === location.pathname) return false
    sessionStorage.setItem(RELOADED, location.pathname)
  } catch {
    return false // where nothing can be remembered, a reload could come again and again
  }
  location.reload()
  return true
}

function forgetReload(): void {
  try {
    sessionStorage.removeItem(RELOADED)
  } catch {
    // Nothing was remembered.
  }
}
