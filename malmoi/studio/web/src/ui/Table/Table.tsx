import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useId, useMemo, useRef, useState, type ReactNode } from 'react'
import { useLanguage } from '../../i18n/language'
import { Button } from '../Button/Button'
import { classes } from '../classes'
import { Icon } from '../Icon'
import { saveFile } from '../saveFile'
import { TextField } from '../TextField/TextField'
import type { Column } from './columns'
import { csv } from './csv'
import { chosen, filtered, sorted, type Sort } from './order'
import { TableHead } from './TableHead'
import { useRowKeys } from './useRowKeys'
import css from './Table.module.css'

const HEAD_PX = 44
const ROWS_AHEAD = 20

interface Props<Row> {
  label: string
  columns: Column<Row>[]
  rows: readonly Row[]
  keyOf: (row: Row) => string
  /** Enter, or a click on the row. */
  onOpen?: (row: Row) => void
  /** With it each row can be chosen: a box at its left, Space, Shift with the arrows, Ctrl+A. */
  selected?: ReadonlySet<string>
  onSelect?: (keys: Set<string>) => void
  /** Sorting by the server. Left out: the rows at hand are sorted here. */
  sort?: Sort | null
  onSort?: (sort: Sort | null) => void
  /** A box above that searches the rows at hand. */
  filter?: boolean
  /** Name of the CSV file; left out: no such button. */
  csvName?: string
  /** Lists that come in pieces (`?after=`): asked for when the end comes near. */
  more?: { has: boolean; loading: boolean; load: () => void }
  empty: ReactNode
  /** Buttons above the table, for the rows that are chosen. */
  acts?: ReactNode
  /** Height of a row before it is drawn; 44 is one line. */
  rowPx?: number
  /** CSS height of the box that scrolls. */
  height?: string
}

/**
 * A table of any length: only the rows in sight are drawn. Head stays, columns sort, rows can be found, chosen, opened
 * and taken away as CSV; all of it works by keyboard. One Tab stop: the arrows, Page keys, Home and End move in it.
 */
export function Table<Row>(props: Props<Row>) {
  const {
    label,
    columns,
    keyOf,
    onOpen,
    selected,
    onSelect,
    more,
    empty,
    rowPx = 44,
    height = 'min(70dvh, 640px)',
  } = props
  const { t } = useLanguage()
  const id = useId()
  const scroller = useRef<HTMLDivElement>(null)
  const view = useRows(props)
  const { rows } = view
  const keys = useMemo(() => rows.map(keyOf), [rows, keyOf])
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    getItemKey: (at) => keys[at] ?? at,
    overscan: ROWS_AHEAD / 2,
    scrollPaddingStart: HEAD_PX,
  })
  const select = onSelect && selected ? { selected, onSelect } : null
  const open = (at: number) => rows[at] && onOpen?.(rows[at])
  const { active, setActive } = useRowKeys({
    scroller,
    keys,
    rowPx,
    select,
    open,
    scrollTo: (at) => virtual.scrollToIndex(at),
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (more?.has && !more.loading && last >= rows.length - ROWS_AHEAD) more.load()
  }, [more, last, rows.length])
  // Another order or search begins at the top.
  useEffect(() => {
    // Chromium's scrollTo gives a promise, which is no way to clean up.
    void scroller.current?.scrollTo(0, 0)
  }, [view.asked, view.sort])
  const tracks = [select ? '40px' : '', ...columns.map(({ width = 'minmax(90px, 1fr)' }) => width)].join(' ')
  const narrow = [
    select ? '40px' : '',
    ...columns.filter(({ wideOnly }) => !wideOnly).map(({ width = 'minmax(90px, 1fr)' }) => width),
  ].join(' ')
  return (
    <div className={classes(css.table)} style={{ '--tracks': tracks, '--narrow': narrow } as React.CSSProperties}>
      <TableTools {...props} view={view} />
      <div
        ref={scroller}
        className={classes(css.scroller)}
        style={{ maxHeight: height }}
        role="grid"
        tabIndex={0}
        aria-label={label}
        aria-rowcount={more?.has ? -1 : rows.length + 1}
        aria-multiselectable={select ? true : undefined}
        aria-activedescendant={rows.length > 0 ? `${id}-${active}` : undefined}
        aria-busy={more?.loading}
      >
        <TableHead
          columns={columns}
          sort={view.sort}
          onSort={view.onSort}
          all={select && { chosen: keys.length > 0 && keys.every((key) => select.selected.has(key)), keys, select }}
        />
        {rows.length === 0 && !more?.loading && (
          <div role="row" aria-rowindex={2}>
            <div role="gridcell">{empty}</div>
          </div>
        )}
        <div role="rowgroup" className={classes(css.rows)} style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, key, start }) => (
            <div
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              id={`${id}-${index}`}
              role="row"
              aria-rowindex={index + 2}
              aria-selected={select ? select.selected.has(keys[index]!) : undefined}
              data-active={index === active || undefined}
              className={classes(css.row, onOpen && css.opens)}
              style={{ transform: `translateY(${start}px)` }}
              onClick={(event) => {
                setActive(index)
                if (isPlainClick(event)) open(index)
              }}
            >
              {select && (
                <div role="gridcell" className={classes(css.tick)}>
                  <input
                    type="checkbox"
                    tabIndex={-1}
                    aria-label={t('table.choose')}
                    checked={select.selected.has(keys[index]!)}
                    onChange={() => {}}
                    onClick={(event) => {
                      event.stopPropagation()
                      select.onSelect(chosen(select.selected, keys, index, event.shiftKey ? active : null))
                      setActive(index)
                    }}
                  />
                </div>
              )}
              {columns.map((column) => (
                <Cell key={column.id} column={column} row={rows[index]!} />
              ))}
            </div>
          ))}
        </div>
      </div>
      {more?.loading && (
        <p className={classes(css.more)} role="status">
          {t('state.loading')}
        </p>
      )}
    </div>
  )
}

function Cell<Row>({ column, row }: { column: Column<Row>; row: Row }) {
  return (
    <div role="gridcell" className={classes(css.cell, column.numeric && css.numeric, column.wideOnly && css.wide)}>
      {column.cell ? column.cell(row) : column.value(row)}
    </div>
  )
}

/** Not a click on a link or button of the row, and not the end of marking text. */
function isPlainClick(event: React.MouseEvent): boolean {
  const inside = (event.target as Element).closest('a,button,input,label')
  return !inside && (getSelection()?.isCollapsed ?? true)
}

interface View<Row> {
  rows: readonly Row[]
  asked: string
  setAsked: (asked: string) => void
  sort: Sort | null
  onSort: (sort: Sort | null) => void
}

/** The rows as they stand on the screen: filtered and sorted, unless the server sorts them. */
function useRows<Row>({ columns, rows, sort, onSort }: Props<Row>): View<Row> {
  const [asked, setAsked] = useState('')
  const [own, setOwn] = useState<Sort | null>(null)
  const byServer = onSort !== undefined
  const shown = useMemo(() => {
    const found = filtered(rows, asked, (row) => columns.map((column) => column.value(row)))
    const column = byServer ? undefined : columns.find(({ id }) => id === own?.column)
    return column && own ? sorted(found, column.value, own.descending) : found
  }, [rows, asked, own, byServer, columns])
  return { rows: shown, asked, setAsked, sort: byServer ? (sort ?? null) : own, onSort: onSort ?? setOwn }
}

function TableTools<Row>(props: Props<Row> & { view: View<Row> }) {
  const { t } = useLanguage()
  const { filter, csvName, acts, selected, columns, keyOf, view } = props
  if (!filter && !csvName && !acts) return null
  const save = () => {
    // The chosen rows in sight of the search, or all of them where none is chosen.
    const taken = view.rows.filter((row) => selected?.has(keyOf(row)))
    const rows = taken.length > 0 ? taken : view.rows
    const lines = rows.map((row) => columns.map((column) => column.value(row)))
    saveFile(
      `${csvName}.csv`,
      csv(
        columns.map(({ name }) => name),
        lines,
      ),
      'text/csv',
    )
  }
  return (
    <div className={classes(css.tools)}>
      {filter && <TextField label={t('table.filter')} hideLabel search value={view.asked} onChange={view.setAsked} />}
      <span className={classes(css.count)} role="status">
        {selected?.size ? t('table.selected', { count: selected.size }) : t('table.rows', { count: view.rows.length })}
      </span>
      {acts}
      {csvName && (
        <Button small onPress={save}>
          <Icon name="download" /> CSV
        </Button>
      )}
    </div>
  )
}
