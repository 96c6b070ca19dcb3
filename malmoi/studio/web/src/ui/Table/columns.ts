import type { ReactNode } from 'react'
import type { Value } from './order'

export interface Column<Row> {
  id: string
  name: string
  /** What the cell shows; left out: `value` as text. */
  cell?: (row: Row) => ReactNode
  /** What is sorted by, searched and written to the CSV file. */
  value: (row: Row) => Value
  /** A CSS grid track: 'minmax(200px, 2fr)', '120px'. */
  width?: string
  /** Numbers stand at the right. */
  numeric?: boolean
  /** Left out where the table is narrower than 600 px. */
  wideOnly?: boolean
}
