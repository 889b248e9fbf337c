"""Assets to measure over, written by SQL in bulk: small documents as people write them."""

from sqlalchemy import Connection, text

ENTITIES = """
INSERT INTO entities (id, kind, owner_seq, visibility, title, state, revision, created_at, updated_at)
SELECT md5('asset' || n) || md5('e' || n), 'asset', :owner, CASE WHEN n % 10 = 0 THEN 'private' ELSE 'internal' END,
  'asset-' || n, 'active', 1, now(), now() FROM generate_series(1, :count) AS n"""
# tags of which one in a thousand, one in five and all have; metadata that say something three levels deep
DOCUMENTS = """
INSERT INTO assets (seq, asset_id, assets_db_id, uri, name, version, tag, public_url, document, indexed)
SELECT seq, md5('i' || n)::uuid::text, 'bench', 'asset-' || n || ':1.0-initial', 'asset-' || n, '1.0', 'initial', '', d,
  d::jsonb
FROM (SELECT seq, n, format(
  '{"asset_uri":"asset-%s:1.0-initial","asset_name":"asset-%s","asset_id":"%s","assets_db_id":"bench",'
  || '"asset_version":{"version":"1.0","tag":"initial"},'
  || '"asset_metadata":{"type":"%s","task":{"data":{"set":"set-%s"}},"r2":0.%s,"lab":"lab-%s"},"asset_public_url":"",'
  || '"asset_file_info":{"file_size":%s,"sha256":"%s"},"asset_tags":["tag-%s","team-%s","asset"],'
  || '"visibility":"internal","owner":null}',
  n, n, md5('i' || n)::uuid, (ARRAY['image','text','audio'])[1 + n % 3], h % 5000, h % 997, h % 40, n * 17,
  md5(n::text) || md5(n::text), h % 1000, h % 5) AS d
  FROM (SELECT seq, substr(title, 7)::int AS n, abs(hashtext(title)) AS h FROM entities
    WHERE kind = 'asset') AS numbered) AS made"""


def write(connection: Connection, owner: int, count: int) -> None:
    """Write this many assets of a user; one in ten is private."""
    index = connection.scalar(text("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_assets_indexed'"))
    connection.exec_driver_sql("DROP INDEX ix_assets_indexed")  # made again at once, which is faster than row by row
    connection.execute(text(ENTITIES), {"owner": owner, "count": count})
    connection.exec_driver_sql(DOCUMENTS.replace("%", "%%"))
    connection.exec_driver_sql(str(index))
