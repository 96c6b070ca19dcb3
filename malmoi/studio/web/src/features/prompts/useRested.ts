import { useEffect, useState } from 'react'

const REST_MS = 200

/** A value once it has not changed for a moment: a search does not ask for each letter. */
export function useRested<T>(value: T): T {
  const [rested, setRested] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), REST_MS)
    return () => clearTimeout(timer)
  }, [value])
  return rested
}
