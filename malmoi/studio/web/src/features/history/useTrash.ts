import { useQueryClient } from '@tanstack/react-query'
import { useLanguage } from '../../i18n/language'
import { toast } from '../../ui/Toast/toasts'
import { bringBack, throwAway as putAway } from './queries'

/** throwAway: puts answers in the trash, and offers to take them out again; restore: takes them out. */
export function useTrash() {
  const { t } = useLanguage()
  const client = useQueryClient()
  const renew = () => client.invalidateQueries({ queryKey: ['answers'] })
  const restore = async (ids: string[]) => {
    await Promise.all(ids.map(bringBack))
    await renew()
  }
  const throwAway = async (ids: string[]) => {
    const done = await Promise.allSettled(ids.map(putAway))
    await renew()
    const gone = ids.filter((_, at) => done[at]?.status === 'fulfilled')
    if (gone.length < ids.length) toast(t('history.not_removed', { count: ids.length - gone.length }))
    if (gone.length === 0) return
    toast(t('history.removed', { count: gone.length }), () => restore(gone))
  }
  return { throwAway, restore }
}
