import { classes } from './classes'
import css from './Icon.module.css'

/** Line icons on a 24-unit square, drawn for this studio. */
const PATHS = {
  play: 'M8 5.5v13l10-6.5z',
  stop: 'M7 7h10v10H7z',
  home: 'M4 11l8-7 8 7v9h-5v-6H9v6H4z',
  playground: 'M4 5h16M4 10h10M4 15h7M15 19l5-5-2-2-5 5v2z',
  cards: 'M4 7h11v13H4zM8 4h12v13',
  corpus: 'M5 4h11a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3zM9 9h6M9 13h6',
  runs: 'M4 4v16h16M7 8c3 0 3 7 6 7s3-4 7-4',
  history: 'M4 12a8 8 0 1 0 3-6.2M4 4v4h4M12 8v4l3 2',
  jobs: 'M12 4a8 8 0 1 0 8 8M12 8v4l3 2M16 4h4v4',
  people: 'M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M3 20a6 6 0 0 1 12 0M16 6a3 3 0 0 1 0 6M17 14.5a6 6 0 0 1 4 5.5',
  settings: 'M4 8h9M17 8h3M4 16h3M11 16h9M13 6v4h4V6zM7 14v4h4v-4z',
  left: 'M14 6l-6 6 6 6',
  right: 'M10 6l6 6-6 6',
  down: 'M6 9l6 6 6-6',
  close: 'M6 6l12 12M18 6L6 18',
  send: 'M12 19V5M6 11l6-6 6 6',
  code: 'M9 7l-5 5 5 5M15 7l5 5-5 5',
  save: 'M6 4h12v16l-6-4-6 4z',
  again: 'M19 12a7 7 0 1 1-2-5M19 4v4h-4',
  bin: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  add: 'M12 5v14M5 12h14',
  more: 'M5 12a1 1 0 1 0 2 0 1 1 0 1 0-2 0M11 12a1 1 0 1 0 2 0 1 1 0 1 0-2 0M17 12a1 1 0 1 0 2 0 1 1 0 1 0-2 0',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4.5 4.5',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  file: 'M6 3h8l5 5v13H6zM14 3v5h5',
  download: 'M12 4v12M6 11l6 6 6-6M5 20h14',
  filter: 'M4 6h16M7 12h10M10 18h4',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { name: IconName }) {
  const filled = name === 'play' || name === 'stop'
  return (
    <svg className={classes(css.icon, filled && css.filled)} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}
