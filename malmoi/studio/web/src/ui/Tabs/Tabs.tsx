import type { ReactNode } from 'react'
import { Tab, TabList, TabPanel, Tabs as AriaTabs } from 'react-aria-components'
import { classes } from '../classes'
import css from './Tabs.module.css'

export interface TabItem<T extends string> {
  id: T
  name: ReactNode
  content: ReactNode
}

interface Props<T extends string> {
  label: string
  tabs: TabItem<T>[]
  /** Keep it in the address: what is on the screen has an address. */
  value: T
  onChange: (id: T) => void
}

/** Several views of one thing, one shown; the arrow keys choose. The tabs scroll sideways where they do not fit. */
export function Tabs<T extends string>({ label, tabs, value, onChange }: Props<T>) {
  return (
    <AriaTabs selectedKey={value} onSelectionChange={(key) => onChange(key as T)} className={classes(css.tabs)}>
      <TabList aria-label={label} className={classes(css.list)}>
        {tabs.map(({ id, name }) => (
          <Tab key={id} id={id} className={classes(css.tab)}>
            {name}
          </Tab>
        ))}
      </TabList>
      {tabs.map(({ id, content }) => (
        <TabPanel key={id} id={id} className={classes(css.panel)}>
          {content}
        </TabPanel>
      ))}
    </AriaTabs>
  )
}
