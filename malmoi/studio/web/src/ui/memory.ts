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
