/** What the browser remembers between visits. All keys begin with `malmoi.`; theme.js reads `malmoi.theme`. */

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`malmoi.${key}`)
  } catch {
    return null // storage refused: everything works, nothing is remembered
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`malmoi.${key}`, value)
  } catch {
    // Full or refused storage must not stop the work.
  }
}

export function recallJson<T>(key: string, fallback: T): T {
  const text = recall(key)
  if (text === null) return fallback
  try {
    return { ...fallback, ...(JSON.parse(text) as Partial<T>) }
  } catch {
    return fallback
  }
}

export function forget(key: string): void {
  try {
    localStorage.removeItem(`malmoi.${key}`)
  } catch {
    // Where nothing is kept, nothing is to be forgotten.
  }
}

/** Calls `change` when another tab remembers something else under a key. Returns how to stop listening. */
export function onRemembered(key: string, change: (value: string | null) => void): () => void {
  const hear = (event: StorageEvent) => event.key === `malmoi.${key}` && change(event.newValue)
  addEventListener('storage', hear)
  return () => removeEventListener('storage', hear)
}
