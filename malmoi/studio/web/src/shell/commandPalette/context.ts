import { createContext } from 'react'

/** Opens the palette, for the button in the rail. */
export const PaletteContext = createContext<() => void>(() => {})
