import { useEffect, useState, useSyncExternalStore } from 'react'
import { onRemembered, recall, remember } from './memory'
import { useMedia } from './media'

export type Theme = 'system' | 'light' | 'dark'

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(() => {
    const kept = recall('theme')
    return kept === 'light' || kept === 'dark' ? kept : 'system'
  })
  useEffect(() => {
    remember('theme', theme)
    if (theme === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = theme
  }, [theme])
  useEffect(() => onRemembered('theme', (kept) => setTheme(kept === 'light' || kept === 'dark' ? kept : 'system')), [])
  return [theme, setTheme]
}

/** The theme on the screen now, for what is drawn by hand and must be drawn again. */
export function useShownTheme(): 'light' | 'dark' {
  const chosen = useSyncExternalStore(onRootChange, () => document.documentElement.dataset.theme)
  const dark = useMedia('(prefers-color-scheme: dark)')
  return (chosen ?? (dark ? 'dark' : 'light')) === 'dark' ? 'dark' : 'light'
}

function onRootChange(changed: () => void): () => void {
  const observer = new MutationObserver(changed)
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  return () => observer.disconnect()
}
