import { useSyncExternalStore, type AnchorHTMLAttributes, type MouseEvent } from 'react'

const CHANGED = 'malmoi:navigate'

export function navigate(path: string): void {
  history.pushState(null, '', path)
  dispatchEvent(new Event(CHANGED))
}

function subscribe(changed: () => void): () => void {
  addEventListener('popstate', changed)
  addEventListener(CHANGED, changed)
  return () => {
    removeEventListener('popstate', changed)
    removeEventListener(CHANGED, changed)
  }
}

/** The decoded parts of the address: /corpus/demo -> ['corpus', 'demo']. */
export function useRoute(): string[] {
  const path = useSyncExternalStore(subscribe, () => location.pathname)
  return path.split('/').filter(Boolean).map(decode)
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // a lone % in a typed address
  }
}

type LinkProps = AnchorHTMLAttributes<HTMLAnchorElement> & { to: string }

/** An ordinary link, so that opening in a new tab works; a plain click stays within the page. */
export function Link({ to, onClick, ...rest }: LinkProps) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event)
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
    if (!plain || event.defaultPrevented) return
    event.preventDefault()
    navigate(to)
  }
  return <a {...rest} href={to} onClick={follow} />
}
