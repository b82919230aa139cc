"""Order documents of Cartona, made up after the reconstructed schema; nobody in them is real."""

from __future__ import annotations

from typing import Any


def _words(text: str) -> list[str]:
    return text.split()


def line(number: int = 1, **members: Any) -> dict[str, Any]:
    """A line with every member."""
    return {
        "id": 7_000_000 + number,
        "supplier_product_id": str(500 + number),
        "internal_product_id": str(40 + number),
        "base_product_id": str(90 + number),
        "unit": "box",
        "unit_count": 12,
        "product_name": 'شاي أسود "ممتاز" 🍵',
        "amount": 3,
        "selling_price": 84.35,
        "applied_supplier_discount": 1.5,
        "applied_cartona_discount": 0.25,
        "comment": "اتصل قبل الوصول",
    } | members


def retailer(**members: Any) -> dict[str, Any]:
    """A shop with every member."""
    return {
        "retailer_name": "بقالة النور الجديدة",
        "retailer_code": "88412",
        "retailer_number": "+201000000417",
        "retailer_number2": "01200000935",
        "retailer_address": "١٢ شارع الزهور، طنطا",
        "address_notes": "بجوار المسجد الكبير",
    } | members


def order(hashed_id: str | int = "qWe7Rt2y", **members: Any) -> dict[str, Any]:
    """An order with every member of the schema; two lines of the same product at two prices."""
    return {
        "hashed_id": hashed_id,
        "supplier_code": "R-17",
        "edited_by_admin": False,
        "delivery_day": "2026-03-02",
        "status": "pending",
        "delivered_by": "delivered_by_supplier",
        "pickup_date": "2026-03-01",
        "pickup_otp": "5521009937",
        "retailer_preferred_delivery_date": "2026-03-03",
        "estimated_delivery_day": "2026-03-04",
        "cancellation_reason": None,
        "return_reason": None,
        "total_price": 413.05,
        "applied_supplier_rebate": 2,
        "cartona_credit": 50.5,
        "installment_cost": 0,
        "wallet_top_up": 20,
        "distribution_route_code": "TNT-4",
        "note_message": "الرجاء التوصيل صباحا",
        "receipt_id": 10234,
        "created_at": "2026-02-28T21:15:00.123+02:00",
        "retailer": retailer(),
        "order_details": [line(1), line(1, id=7_000_002, amount=2, selling_price=80)],
    } | members


def bare_order(hashed_id: str = "10557") -> dict[str, Any]:
    """An order with the required members alone."""
    return {
        "hashed_id": hashed_id,
        "status": "approved",
        "retailer": {"retailer_name": "متجر"},
        "order_details": [{"id": 1, "amount": 1, "selling_price": 0}],
    }


def null_order(hashed_id: str = "nUlL1") -> dict[str, Any]:
    """An order whose optional members are all null."""
    document = order(hashed_id)
    nullable = _words(
        """
    supplier_code delivery_day delivered_by pickup_date pickup_otp
    retailer_preferred_delivery_date estimated_delivery_day cancellation_reason
    return_reason distribution_route_code note_message receipt_id created_at
"""
    )
    document |= dict.fromkeys(nullable)
    document["retailer"] = dict.fromkeys(retailer()) | {"retailer_name": "متجر"}
    keep = ("id", "amount", "selling_price")
    numbers = ("applied_supplier_discount", "applied_cartona_discount")
    document["order_details"] = [
        {
            name: value if name in keep else 0 if name in numbers else None
            for name, value in one.items()
        }
        for one in document["order_details"]
    ]
    return document


ALL_VALID = (
    order(),
    bare_order(),
    null_order(),
    *(
        order(f"st{number}", status=status)
        for number, status in enumerate(
            _words(
                """
    pending editing approved assigned_to_salesman delivered
    cancelled_by_retailer cancelled_by_supplier returned cancelled return
"""
            )
        )
    ),
    order("cartona", delivered_by="delivered_by_cartona", installment_cost=100.75),
    order("ids", order_details=[line(1, supplier_product_id=501, internal_product_id="904#2")]),
)
"""What the tests feed to the parsers as valid; the contract test holds it against the schema."""
